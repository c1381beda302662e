import { eventOf } from './events';
import type { CallEvent, CallSummary, Extremes, LiveCall, Point } from './types';

/** How long to wait before asking again, in milliseconds, when the service refused to tell. */
const REFUSED = 3000;
/** How long news is gathered after some was lost: a service that tells too much loses often. */
const LOST = 1000;

/** What `/v1/events` tells. */
export interface Hearing {
  started?: (call: LiveCall) => void;
  event?: (id: string, event: CallEvent) => void;
  picture?: (points: Point[], wave: Extremes[]) => void;
  ended?: (record: CallSummary) => void;
  /** Whether the service is heard. */
  heard?: (heard: boolean) => void;
  /** Something may have been told that was not heard: at each beginning, and when the service told too much. */
  missed?: () => void;
}

/** Listens to news, of all calls or of one; returns what ends that. */
export function listen(hearing: Hearing, call?: string): () => void {
  let source: EventSource;
  let again: ReturnType<typeof setTimeout> | undefined;
  let lost: ReturnType<typeof setTimeout> | undefined;
  const on = (name: string, act: (told: never) => void): void =>
    source.addEventListener(name, (event) => act(JSON.parse((event as MessageEvent<string>).data) as never));
  function open(): void {
    source = new EventSource(call ? `/v1/events?call=${encodeURIComponent(call)}` : '/v1/events');
    source.onopen = () => {
      hearing.heard?.(true);
      hearing.missed?.();
    };
    source.onerror = () => {
      hearing.heard?.(false);
      // A connection that breaks is opened again by the browser; one that was refused is not.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, REFUSED);
    };
    on('started', (told: LiveCall) => hearing.started?.(told));
    on('event', (told: { id: string; event: CallEvent }) => hearing.event?.(told.id, eventOf(told.event)));
    on('picture', (told: { points: Point[]; wave: Extremes[] }) => hearing.picture?.(told.points, told.wave));
    on('ended', (told: CallSummary) => hearing.ended?.(told));
    on('lost', () => {
      lost ??= setTimeout(() => {
        lost = undefined;
        hearing.missed?.();
      }, LOST);
    });
  }
  open();
  return () => {
    clearTimeout(again);
    clearTimeout(lost);
    source.close();
  };
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
