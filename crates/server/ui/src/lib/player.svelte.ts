/** Plays the audio of a call, and tells where it is. */
export class Player {
  playing = $state(false);
  /** In milliseconds. */
  position = $state(0);
  failed = $state(false);
  private audio: HTMLAudioElement | null = null;
  private frame = 0;

  /** An attachment for the audio element. */
  attach = (audio: HTMLAudioElement): (() => void) => {
    this.audio = audio;
    const moved = (): void => {
      this.position = audio.currentTime * 1000;
    };
    const follow = (): void => {
      moved();
      this.frame = requestAnimationFrame(follow);
    };
    const began = (): void => {
      this.playing = true;
      cancelAnimationFrame(this.frame);
      follow();
    };
    const ended = (): void => {
      this.playing = false;
      cancelAnimationFrame(this.frame);
      moved();
    };
    const failed = (): void => {
      this.failed = true;
    };
    audio.addEventListener('play', began);
    audio.addEventListener('pause', ended);
    audio.addEventListener('seeked', moved);
    audio.addEventListener('error', failed);
    return () => {
      cancelAnimationFrame(this.frame);
      audio.removeEventListener('play', began);
      audio.removeEventListener('pause', ended);
      audio.removeEventListener('seeked', moved);
      audio.removeEventListener('error', failed);
      audio.pause();
      this.audio = null;
    };
  };

  /** Plays from where it is, or stops there. */
  turn(): void {
    if (this.audio?.paused) void this.play();
    else this.audio?.pause();
  }

  /** Plays; browsers may refuse before anything was pressed. */
  async play(from?: number): Promise<void> {
    if (!this.audio) return;
    if (from !== undefined) this.seek(from);
    try {
      await this.audio.play();
    } catch {
      this.playing = false;
    }
  }

  /** Goes to a place, in milliseconds. */
  seek(ms: number): void {
    this.position = ms;
    if (this.audio) this.audio.currentTime = ms / 1000;
  }

  /** How fast it plays. */
  set rate(rate: number) {
    if (this.audio) this.audio.playbackRate = rate;
  }
}

/** Whether a key press belongs to something that is written in or pressed. */
export const taken = (event: KeyboardEvent): boolean =>
  event.ctrlKey ||
  event.metaKey ||
  event.altKey ||
  (event.target instanceof Element && event.target.closest('input, select, textarea, button, a, summary') !== null);
