import type { Extremes } from './types';

/** How long one pair of extremes is, in milliseconds. */
export const PAIR_MS = 10;

/** The waveform of a recording: the lowest and the highest sample of each 10 ms. */
export async function waveform(bytes: ArrayBuffer): Promise<Extremes[]> {
  const audio = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
  const samples = audio.getChannelData(0);
  const step = Math.round((audio.sampleRate * PAIR_MS) / 1000);
  const pairs: Extremes[] = [];
  for (let from = 0; from < samples.length; from += step) {
    let low = 0;
    let high = 0;
    for (let i = from; i < Math.min(from + step, samples.length); i++) {
      if (samples[i] < low) low = samples[i];
      if (samples[i] > high) high = samples[i];
    }
    pairs.push([low, high]);
  }
  return pairs;
}
