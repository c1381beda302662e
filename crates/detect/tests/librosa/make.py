"""Writes expected.csv: what librosa makes of a signal that ../librosa.rs makes by the same formula.

Run with Python 3 and librosa 0.11.0, numpy 2.4.6, scipy 1.17.1 (`pip install librosa==0.11.0`): `python make.py`.
One line a value that is compared: feature, row, column, value. Every 7th row and 5th column are kept, and all corners.
"""

import csv
from pathlib import Path

import librosa
import numpy as np

RATE = 16_000


def signal(samples=2 * RATE):
    """A chirp from 100 Hz to 6 kHz that swells, over noise of an LCG; 16-bit steps, so that both sides have the same."""
    t = np.arange(samples) / RATE
    chirp = 0.4 * t / 2 * np.sin(2 * np.pi * (100 * t + 5900 / 4 * t * t))
    noise, state = np.empty(samples), 1
    for i in range(samples):
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        noise[i] = state / 2**32 - 0.5
    return (np.round(32_768 * (chirp + 0.02 * noise)) / 32_768).astype(np.float32)


def main():
    y = signal()
    mel = dict(y=y, sr=RATE, n_fft=2048, hop_length=512, n_mels=128, fmax=8000)
    power = librosa.feature.melspectrogram(**mel)
    assert power.shape == (128, 63)
    cut = dict(y=y, sr=RATE, n_fft=2048, hop_length=512)
    made = {
        "mel": power,
        "mel_db_max": librosa.power_to_db(power, ref=np.max, top_db=80),
        "mel_db_max_40": librosa.power_to_db(power, ref=np.max, top_db=40),
        "mel_db_one": librosa.power_to_db(power, ref=1.0, top_db=None),
        "mel_reflect": librosa.feature.melspectrogram(**mel, pad_mode="reflect"),
        "mel_edge": librosa.feature.melspectrogram(**mel, pad_mode="edge"),
        "mel_whole": librosa.feature.melspectrogram(**mel, center=False),
        "mel_htk": librosa.feature.melspectrogram(**mel, htk=True, norm=None),
        "mel_magnitude": librosa.feature.melspectrogram(
            y=y[:12_345], sr=RATE, n_fft=400, hop_length=160, n_mels=40, fmin=125, fmax=7600, power=1.0
        ),
        "mel_short": librosa.feature.melspectrogram(**(mel | dict(y=y[:700])), pad_mode="reflect"),
        "mfcc": librosa.feature.mfcc(n_mfcc=13, **mel),
        "chroma": librosa.feature.chroma_stft(**cut, tuning=0.0),
        "centroid": librosa.feature.spectral_centroid(**cut),
        "rolloff": librosa.feature.spectral_rolloff(**cut, roll_percent=0.85),
        "flatness": librosa.feature.spectral_flatness(y=y, n_fft=2048, hop_length=512),
    }
    with open(Path(__file__).with_name("expected.csv"), "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["feature", "row", "column", "value"])
        for name, matrix in made.items():
            rows, columns = matrix.shape
            few = rows <= 13
            for row in range(rows):
                for column in range(columns):
                    kept = (few or row % 7 == 0 or row == rows - 1) and (column % 5 == 0 or column == columns - 1)
                    if kept:
                        table.writerow([name, row, column, f"{matrix[row, column]:.6g}"])


if __name__ == "__main__":
    main()
