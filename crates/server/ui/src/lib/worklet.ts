/** Takes the microphone's sound in the audio thread: 16,000 samples a second, 16 bits, 20 ms at a time. */
import { Resampler } from './resample';

declare const sampleRate: number;
declare class AudioWorkletProcessor {
  port: MessagePort;
}
declare function registerProcessor(name: string, processor: unknown): void;

const RATE = 16_000;
const FRAME = RATE / 50;

class Tap extends AudioWorkletProcessor {
  private readonly resampler = new Resampler(sampleRate, RATE);
  private frame = new Int16Array(FRAME);
  private filled = 0;

  process([channels]: Float32Array[][]): boolean {
    const [samples] = channels;
    if (!samples) return true;
    for (const sample of this.resampler.push(samples)) {
      this.frame[this.filled++] = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
      if (this.filled === FRAME) {
        this.port.postMessage(this.frame.buffer, [this.frame.buffer]);
        this.frame = new Int16Array(FRAME);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor('tap', Tap);
