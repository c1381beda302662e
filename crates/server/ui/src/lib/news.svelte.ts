import { eventOf } from './events';
import type { CallEvent, CallSummary, Extremes, LiveCall, Point } from './types';

/** What `/v1/events` tells. */
export interface Hearing {
  started?: (call: LiveCall) => void;
  event?: (id: string, event: CallEvent) => void;
  picture?: (points: Point[], wave: Extremes[]) => void;
  ended?: (record: CallSummary) => void;
  /** Whether the service is heard; what was told while it was not is lost. */
  heard?: (heard: boolean) => void;
}

/** Listens to news, of all calls or of one; returns what ends that. */
export function listen(hearing: Hearing, call?: string): () => void {
  const source = new EventSource(call ? `/v1/events?call=${encodeURIComponent(call)}` : '/v1/events');
  const on = (name: string, act: (told: never) => void): void =>
    source.addEventListener(name, (event) => act(JSON.parse((event as MessageEvent<string>).data) as never));
  source.onopen = () => hearing.heard?.(true);
  source.onerror = () => hearing.heard?.(false);
  on('started', (told: LiveCall) => hearing.started?.(told));
  on('event', (told: { id: string; event: CallEvent }) => hearing.event?.(told.id, eventOf(told.event)));
  on('picture', (told: { points: Point[]; wave: Extremes[] }) => hearing.picture?.(told.points, told.wave));
  on('ended', (told: CallSummary) => hearing.ended?.(told));
  return () => source.close();
}

/** What is heard in a call at the moment. */
export type Sounding = 'quiet' | 'voice' | 'tone' | 'music';

/** What is heard after an event. */
export function sounding(before: Sounding, kind: string): Sounding {
  switch (kind) {
    case 'speech_started':
    case 'greeting_started':
      return 'voice';
    case 'beep_started':
      return 'tone';
    case 'music_started':
      return 'music';
    case 'speech_ended':
    case 'greeting_ended':
    case 'beep_ended':
    case 'music_ended':
      return 'quiet';
    default:
      return before;
  }
}
