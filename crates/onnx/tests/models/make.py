"""Writes the small ONNX models of the tests, and expected.csv: what onnxruntime makes of a signal with each.

The signal is by the formula in ../models.rs, at 8 kHz and of 16 bits. Each model's input is made here in the plainest
way: the rate is doubled by an FFT, the mel spectrogram is librosa's.

Run with Python 3: `pip install onnx==1.23.2 onnxruntime==1.31.1 librosa==0.11.0 numpy==2.4.6 && python make.py`.
"""

import csv
from pathlib import Path

import librosa
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(7)


def signal():
    """2 s: harmonics up to 2.5 kHz that swell and fade, so that no resampler's edge matters."""
    t = np.arange(16_000) / 8000
    harmonics = sum(np.sin(2 * np.pi * 211 * k * t + k * k) / k for k in range(1, 13))
    return np.round(9000 * np.sin(np.pi * t / 2) ** 2 * harmonics).astype(np.int16)


def model(name, shape, nodes, weights, outputs, kind=TensorProto.FLOAT):
    """Saves a model with the input `x` and the output `y`."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, outputs)],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(made)
    (HERE / f"{name}.onnx").write_bytes(made.SerializeToString())


def f32(*shape, scale=1.0):
    return (scale * RANDOM.standard_normal(shape)).astype(np.float32)


def make_models():
    node = helper.make_node
    ints = lambda *values: np.array(values, np.int64)
    mean_linear = [
        node("ReduceMean", ["x"], ["mean"], axes=[-1], keepdims=0),
        node("Gemm", ["mean", "w", "b"], ["z"]),
    ]
    # The mean of each mel band over time, a linear layer, a sigmoid.
    weights = dict(w=f32(128, 1, scale=0.002), b=np.float32([0.2]))
    model("mel", ["batch", 128, 63], mean_linear + [node("Sigmoid", ["z"], ["y"])], weights, ["batch", 1])
    # The same without its sigmoid.
    model("mel-logit", ["batch", 128, 63], mean_linear[:1] + [node("Gemm", ["mean", "w", "b"], ["y"])], weights, [1, 1])
    # A small convolution over the spectrogram as a picture, two classes.
    model(
        "mel-picture",
        [1, 1, 128, 63],
        [
            node("Conv", ["x", "k", "kb"], ["c"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
            node("Relu", ["c"], ["r"]),
            node("GlobalAveragePool", ["r"], ["g"]),
            node("Flatten", ["g"], ["f"]),
            node("Gemm", ["f", "w", "b"], ["z"]),
            node("Softmax", ["z"], ["y"], axis=1),
        ],
        dict(k=f32(8, 1, 3, 3, scale=0.02), kb=f32(8), w=f32(8, 2, scale=0.5), b=f32(2)),
        [1, 2],
    )
    # Samples: a strided convolution, the mean of its positive part, a sigmoid.
    model(
        "samples",
        [1, 32_000],
        [
            node("Unsqueeze", ["x", "one"], ["u"]),
            node("Conv", ["u", "k"], ["c"], kernel_shape=[64], strides=[16]),
            node("Relu", ["c"], ["r"]),
            node("ReduceMean", ["r"], ["m"], axes=[-1], keepdims=0),
            node("Gemm", ["m", "w", "b"], ["z"]),
            node("Sigmoid", ["z"], ["y"]),
        ],
        dict(one=ints(1), k=f32(4, 1, 64, scale=0.3), w=f32(4, 1, scale=9), b=np.float32([0.1])),
        [1, 1],
    )
    # The net's log-mel frames, any number of them: the mean of their last band's recurrence.
    model(
        "log-mel",
        [1, "frames", 40],
        [
            node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0),
            node("Gemm", ["mean", "w", "b"], ["z"]),
            node("Sigmoid", ["z"], ["y"]),
        ],
        dict(w=f32(40, 1, scale=0.6), b=np.float32([0.0])),
        [1, 1],
    )
    # What cannot be used: other sizes, other types, other outputs.
    identity = [node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=1)]
    model("bad-shape", [1, 80, 100], identity, {}, [1, 1, 1])
    model("bad-output", [1, 128, 63], [node("ReduceMean", ["x"], ["y"], axes=[2], keepdims=0)], {}, [1, 128])
    model("open-shape", ["batch", "rows", "columns"], identity, {}, [1, 1, 1])
    cast = [node("Cast", ["x"], ["f"], to=TensorProto.FLOAT), node("ReduceMean", ["f"], ["y"], axes=[1], keepdims=1)]
    model("bad-type", [1, 32_000], cast, {}, [1, 1], TensorProto.INT32)


def run(name, x):
    session = onnxruntime.InferenceSession(str(HERE / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x.astype(np.float32)})[0].ravel()


def doubled(samples):
    """At 16 kHz: nothing above 4 kHz is added."""
    spectrum = np.fft.rfft(samples)
    wide = np.zeros(len(samples) + 1, complex)
    wide[: len(spectrum)] = spectrum
    return np.fft.irfft(wide) * 2


def log_mel(samples):
    """The frames of crates/detect/src/analysers/mel.rs: windows of 256 that end with each hop of 80."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(256) + 0.5) / 256)
    scale = 2 / (256 * np.sum(window**2))
    mel, hz = lambda f: 2595 * np.log10(1 + f / 700), lambda m: 700 * (10 ** (m / 2595) - 1)
    edges = hz(np.linspace(mel(100), mel(3800), 42))
    bins = np.arange(129) * 31.25
    bank = [
        np.clip(np.minimum((bins - a) / (b - a), (c - bins) / (c - b)), 0, None)
        for a, b, c in zip(edges, edges[1:], edges[2:])
    ]
    padded = np.concatenate([np.zeros(176), samples])
    frames = [padded[at : at + 256] * window for at in range(0, len(samples), 80)]
    power = np.abs(np.fft.rfft(frames)) ** 2 * scale
    return (np.log2(power @ np.array(bank).T + 1e-9) + 18) / 6


def main():
    make_models()
    y = signal() / 32_768
    wide = doubled(y)
    power = librosa.feature.melspectrogram(y=wide, sr=16_000, n_fft=2048, hop_length=512, n_mels=128, fmax=8000)
    mel = librosa.power_to_db(power, ref=np.max, top_db=80)[None]
    assert mel.shape == (1, 128, 63)
    spread = 2 * (wide - wide.min()) / (wide.max() - wide.min()) - 1
    results = {
        "mel": run("mel", mel)[0],
        "mel-logit": 1 / (1 + np.exp(-run("mel-logit", mel)[0])),
        "mel-picture": run("mel-picture", mel[None])[1],
        "samples plain": run("samples", wide[None])[0],
        "samples peak": run("samples", (wide / np.abs(wide).max())[None])[0],
        "samples min-max": run("samples", spread[None])[0],
        "log-mel": run("log-mel", log_mel(y)[None])[0],
    }
    with open(HERE / "expected.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["model", "probability"])
        table.writerows([name, f"{float(value):.6f}"] for name, value in results.items())


if __name__ == "__main__":
    main()
