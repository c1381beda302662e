/** How many zero crossings of the kernel lie on each side. */
const CROSSINGS = 16;

/**
 * Changes the sample rate of a stream, with a windowed sinc whose band ends below both Nyquist frequencies. The
 * kernel of each phase is worked out once.
 */
export class Resampler {
  private readonly kernels: Float32Array[] = [];
  private readonly up: number;
  private readonly down: number;
  private readonly half: number;
  private held: Float32Array;
  /** Where the next output lies, in `up`ths of an input sample from the start of `held`. */
  private at: number;

  constructor(from: number, to: number) {
    const divisor = gcd(Math.round(from), Math.round(to));
    this.up = Math.round(to) / divisor;
    this.down = Math.round(from) / divisor;
    const band = 0.92 * Math.min(1, to / from);
    this.half = Math.ceil(CROSSINGS / band);
    this.held = new Float32Array(2 * this.half);
    this.at = this.half * this.up;
    for (let phase = 0; phase < this.up; phase++) {
      const kernel = new Float32Array(2 * this.half);
      let sum = 0;
      for (let i = 0; i < kernel.length; i++) {
        const x = i - this.half + 1 - phase / this.up;
        const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / this.half);
        kernel[i] = Math.abs(x) < this.half ? sinc(band * x) * window : 0;
        sum += kernel[i];
      }
      this.kernels.push(kernel.map((tap) => tap / sum));
    }
  }

  /** The samples that can be told once these have come. */
  push(samples: Float32Array): Float32Array {
    const all = new Float32Array(this.held.length + samples.length);
    all.set(this.held);
    all.set(samples, this.held.length);
    const out: number[] = [];
    for (; ; this.at += this.down) {
      const first = Math.floor(this.at / this.up) - this.half + 1;
      const kernel = this.kernels[this.at % this.up];
      if (first + kernel.length > all.length) break;
      let sum = 0;
      for (let i = 0; i < kernel.length; i++) sum += kernel[i] * all[first + i];
      out.push(sum);
    }
    const done = Math.max(0, Math.floor(this.at / this.up) - this.half + 1);
    this.held = all.slice(done);
    this.at -= done * this.up;
    return Float32Array.from(out);
  }
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const gcd = (a: number, b: number): number => (b ? gcd(b, a % b) : a);
