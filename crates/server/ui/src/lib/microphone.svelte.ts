import { eventOf } from './events';
import type { CallEvent, Extremes, Point } from './types';
import workletUrl from './worklet?worker&url';

/** Samples a second on the wire. */
const RATE = 16_000;
/** How much is shown, in milliseconds. */
export const SHOWN = 30_000;
/** How many bytes may wait to be sent before audio is left out: two seconds. */
const WAITING = 2 * 2 * RATE;

/** Why the microphone cannot be heard. */
export type Refusal = 'insecure' | 'denied' | 'absent' | 'busy' | 'service';

/** A verdict as the stream sends it. */
export interface Judged {
  answered_by: string;
  confidence: number;
  stage: string;
  why: string;
  cause: { kind: string; limit?: number };
}

/** Listens to the microphone and sends what it hears to the service. */
export class Microphone {
  state = $state<'idle' | 'asking' | 'listening' | 'stopping' | 'over'>('idle');
  refusal = $state<Refusal | null>(null);
  detail = $state('');
  points = $state.raw<Point[]>([]);
  wave = $state.raw<Extremes[]>([]);
  events = $state.raw<CallEvent[]>([]);
  verdict = $state.raw<Judged | null>(null);
  /** Our name for the call. */
  id = $state<string | null>(null);
  private name = '';
  private context: AudioContext | null = null;
  private stream: MediaStream | null = null;
  private socket: WebSocket | null = null;
  /** Whether the page was left: what is given after that is let go of. */
  private gone = false;

  /** Asks for the microphone and begins. */
  async start(): Promise<void> {
    this.state = 'asking';
    this.refusal = null;
    this.points = [];
    this.wave = [];
    this.events = [];
    this.verdict = null;
    this.id = null;
    this.socket = null;
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
      // What browsers do to please the ear would change what the detector judges.
      const audio = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio });
      if (this.gone) return this.close();
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule(workletUrl);
      if (this.gone) return this.close();
      await this.connect();
      if (this.gone) return this.close();
      const tap = new AudioWorkletNode(this.context, 'tap', { numberOfOutputs: 0 });
      tap.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.send(data);
      this.context.createMediaStreamSource(this.stream).connect(tap);
      if (this.context.state === 'suspended') await this.context.resume();
      this.state = 'listening';
    } catch (error) {
      this.refuse(error);
    }
  }

  private refuse(error: unknown): void {
    const names: Record<string, Refusal> = {
      SecurityError: 'insecure',
      NotAllowedError: 'denied',
      NotFoundError: 'absent',
      OverconstrainedError: 'absent',
      NotReadableError: 'busy',
      AbortError: 'busy',
    };
    this.refusal = error instanceof DOMException ? (names[error.name] ?? 'busy') : 'service';
    this.detail = error instanceof Error ? error.message : '';
    this.release();
    this.socket?.close();
    this.state = 'idle';
  }

  private connect(): Promise<void> {
    const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/stream`);
    this.socket = socket;
    const start = {
      type: 'start_detection',
      encoding: 'linear16',
      sample_rate: RATE,
      channels: 1,
      source: 'microphone',
      picture: true,
      events: 'all',
    };
    return new Promise((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify(start));
      socket.onmessage = ({ data }: MessageEvent<string>) => {
        const told = JSON.parse(data);
        if (told.type === 'status' && told.status === 'started') resolve();
        else if (told.type === 'error') reject(new Error(told.message));
        this.take(told);
      };
      socket.onclose = () => {
        reject(new Error('the service closed the stream'));
        if (this.socket !== socket) return; // Another call has begun since.
        this.release();
        if (this.state !== 'idle') this.state = 'over';
      };
    });
  }

  private take(told: { type: string; [field: string]: unknown }): void {
    if (told.type === 'status') {
      this.id = told.id as string;
      this.name = told.call_id as string;
      if (told.status === 'ended') {
        this.state = 'over';
        this.socket?.close();
      }
    } else if (told.type === 'picture') {
      this.points = [...this.points, ...(told.points as Point[])].slice(-SHOWN / 100);
      this.wave = [...this.wave, ...(told.wave as Extremes[])].slice(-SHOWN / 10);
    } else if (told.type === 'event' || told.type === 'detection_result') {
      const event = eventOf(told as unknown as CallEvent);
      this.events = [...this.events, event];
      if (event.kind === 'verdict') this.verdict = event as unknown as Judged;
    } else if (told.type === 'error') this.detail = String(told.message);
  }

  private send(frame: ArrayBuffer): void {
    const { socket } = this;
    if (this.state !== 'listening' || socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount < WAITING) socket.send(frame);
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    void this.context?.close().catch(() => undefined);
    this.context = null;
  }

  /** Ends the call; its last verdict still comes. */
  stop(): void {
    this.release();
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.state = 'stopping';
      this.socket.send(JSON.stringify({ type: 'stop_detection', call_id: this.name }));
    } else this.state = 'over';
  }

  /** Lets go of everything, when the page is left. */
  close(): void {
    this.gone = true;
    this.release();
    this.socket?.close();
  }
}
