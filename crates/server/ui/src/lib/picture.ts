import type { CallEvent, Extremes, Point } from './types';
import { PAIR_MS } from './sound';

/** How many columns a picture is drawn with at most. */
const COLUMNS = 1200;

/** A stretch of a call, in milliseconds, and how strong it is. */
export interface Stretch {
  from: number;
  to: number;
  strength: number;
}

/** Joins points that have something into stretches. */
export function stretches(points: Point[], has: (point: Point) => number): Stretch[] {
  const found: Stretch[] = [];
  let before = 0;
  for (const point of points) {
    const strength = has(point);
    const last = found.at(-1);
    if (strength > 0) {
      if (last && last.to === before && Math.abs(last.strength - strength) < 0.15) last.to = point.at_ms;
      else found.push({ from: before, to: point.at_ms, strength });
    }
    before = point.at_ms;
  }
  return found;
}

/** The waveform as an SVG path in a box of `length` by 2, the middle at 1; quiet calls are drawn larger. */
export function wavePath(pairs: Extremes[], length: number): string {
  const each = Math.max(1, Math.ceil(pairs.length / COLUMNS));
  const columns: Extremes[] = [];
  let peak = 0.05;
  for (let from = 0; from < pairs.length; from += each) {
    let low = 0;
    let high = 0;
    for (const [down, up] of pairs.slice(from, from + each)) {
      low = Math.min(low, down);
      high = Math.max(high, up);
    }
    peak = Math.max(peak, high, -low);
    columns.push([low, high]);
  }
  const at = (column: number): string => Math.min(length, (column + 0.5) * each * PAIR_MS).toFixed(0);
  const y = (sample: number): string => (1 - (sample / peak) * 0.96).toFixed(3);
  const above = columns.map(([, high], i) => `${at(i)},${y(Math.max(high, 0.004 * peak))}`);
  const below = columns.map(([low], i) => `${at(i)},${y(Math.min(low, -0.004 * peak))}`).reverse();
  return columns.length ? `M${above.join('L')}L${below.join('L')}Z` : '';
}

/** Levels in dBm0 as extremes, for a call whose audio is not at hand. */
export function levelPairs(points: Point[]): Extremes[] {
  const pairs: Extremes[] = [];
  for (const { at_ms, level } of points) {
    const size = 10 ** ((Math.max(-70, level) - 3) / 20);
    while (pairs.length * PAIR_MS < at_ms) pairs.push([-size, size]);
  }
  return pairs;
}

/** The probability of a machine as an SVG path in a box of `length` by 1, steps where it changes. */
export function machinePath(points: Point[], length: number): string {
  const each = Math.max(1, Math.ceil(points.length / COLUMNS));
  let path = '';
  let drawing = false;
  for (let i = each - 1; i < points.length; i += each) {
    const { at_ms, machine } = points[i];
    if (machine === null) drawing = false;
    else {
      path += `${drawing ? 'L' : 'M'}${Math.min(at_ms, length)},${(1 - machine).toFixed(3)}`;
      drawing = true;
    }
  }
  return path;
}

/** What a picture shows that begins later in the call, with times from there. */
export function since(points: Point[], events: CallEvent[], from: number): { points: Point[]; events: CallEvent[] } {
  const moved = (event: CallEvent): CallEvent => {
    const copy: CallEvent = { ...event };
    for (const name of ['at_ms', 'started_ms', 'start_ms', 'ended_ms', 'end_ms']) {
      if (typeof copy[name] === 'number') copy[name] = Math.max(0, copy[name] - from);
    }
    return copy;
  };
  return {
    points: points.map((point) => ({ ...point, at_ms: point.at_ms - from })),
    events: events.filter((event) => event.at_ms >= from).map(moved),
  };
}

/** Something worth a flag in the picture. */
export interface Mark {
  at: number;
  text: string;
  tone: 'plain' | 'verdict' | 'ready' | 'beep';
  event: CallEvent;
}

const NAMES: Record<string, string> = {
  answered: 'Answered',
  greeting_started: 'Greeting',
  greeting_ended: 'Greeting ends',
  dtmf: 'Digit',
  sit: 'SIT',
  fax: 'Fax tone',
  supervisory: 'Network tone',
  music_started: 'Music',
  ready_to_record: 'Ready',
};

/** The events that are flagged; what happened earlier than it was known stands where it happened. */
export function marks(events: CallEvent[], name: (word: string) => string): Mark[] {
  const found: Mark[] = [];
  for (const event of events) {
    const began = (event.started_ms ?? event.start_ms) as number | undefined;
    const ended = event.ended_ms as number | undefined;
    if (event.kind === 'verdict') {
      const stage = String(event.stage);
      const who = name(String(event.answered_by));
      found.push({ at: event.at_ms, text: stage === 'provisional' ? `${who}?` : who, tone: 'verdict', event });
    } else if (event.kind === 'beep_ended') {
      found.push({ at: began ?? event.at_ms, text: 'Beep', tone: 'beep', event });
    } else if (event.kind === 'ready_to_record') {
      found.push({ at: event.at_ms, text: 'Ready', tone: 'ready', event });
    } else if (event.kind === 'greeting_ended') {
      found.push({ at: ended ?? event.at_ms, text: NAMES.greeting_ended, tone: 'plain', event });
    } else if (event.kind in NAMES) {
      found.push({ at: began ?? event.at_ms, text: NAMES[event.kind], tone: 'plain', event });
    }
  }
  return found.sort((one, other) => one.at - other.at);
}

/** Puts flags in rows so that none hides another; `perMs` is how wide a millisecond is. */
export function rows(found: Mark[], perMs: number, width: (mark: Mark) => number): number[] {
  const ends: number[] = [];
  return found.map((mark) => {
    const left = mark.at * perMs;
    let row = ends.findIndex((end) => end + 4 <= left);
    if (row < 0) row = ends.length < 4 ? ends.length : ends.indexOf(Math.min(...ends));
    ends[row] = left + width(mark);
    return row;
  });
}

/** Evenly spaced times that fit into `length`, in milliseconds. */
export function ticks(length: number, most: number): number[] {
  const steps = [500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 300_000, 600_000, 1_800_000];
  const step = steps.find((size) => length / size <= most) ?? 3_600_000;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
}
