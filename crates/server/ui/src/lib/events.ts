import type { CallEvent } from './types';

/**
 * An event as the pages know it. Streams tell verdicts, beeps and readiness as results; here all are events with a kind.
 */
export function eventOf(told: CallEvent): CallEvent {
  if (told.type !== 'detection_result') return told;
  const { event, beep, ...rest } = told as CallEvent & { event: string; beep?: object };
  switch (event) {
    case 'beep':
      return { at_ms: told.at_ms, kind: 'beep_ended', ...beep };
    case 'ready_to_record':
      return { at_ms: told.at_ms, kind: event, reason: told.reason };
    default:
      return { ...rest, kind: 'verdict', stage: event };
  }
}
