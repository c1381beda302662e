import type { CallEvent } from './types';

/**
 * An event as the pages know it. While a call goes on, verdicts, beeps and readiness are told as results; here all are
 * events with a kind.
 */
export function eventOf(told: CallEvent): CallEvent {
  const { event, beep, ...rest } = told as CallEvent & { event?: string; beep?: object };
  if (event === undefined) return told;
  switch (event) {
    case 'beep':
      return { at_ms: told.at_ms, kind: 'beep_ended', ...beep };
    case 'ready_to_record':
      return { at_ms: told.at_ms, kind: event, reason: told.reason };
    default:
      return { ...rest, kind: 'verdict', stage: event };
  }
}
