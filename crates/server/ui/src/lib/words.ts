/** Who, or what, can pick up: the word on the wire, and what people read. */
export interface Kind {
  word: string;
  name: string;
  /** Its side: a person, a machine, or neither. */
  side: 'person' | 'machine' | 'neither';
}

const KINDS: Kind[] = [
  { word: 'human', name: 'Person', side: 'person' },
  { word: 'voicemail', name: 'Voicemail', side: 'machine' },
  { word: 'mailbox_unavailable', name: 'Mailbox unavailable', side: 'machine' },
  { word: 'announcement', name: 'Announcement', side: 'machine' },
  { word: 'ivr', name: 'Menu (IVR)', side: 'machine' },
  { word: 'call_screener', name: 'Call screener', side: 'neither' },
  { word: 'fax', name: 'Fax', side: 'machine' },
  { word: 'sit', name: 'Network tone (SIT)', side: 'machine' },
  { word: 'silence', name: 'Nobody', side: 'neither' },
  { word: 'unknown', name: 'Not known', side: 'neither' },
];

/** Every kind, in the order of the API. */
export const kinds: readonly Kind[] = KINDS;

/** The kind a word stands for. */
export const kind = (word: string): Kind =>
  KINDS.find((known) => known.word === word) ?? { word, name: plain(word), side: 'neither' };

/** `greeting_started` as `Greeting started`. */
export function plain(word: string): string {
  const text = word.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SOURCES: Record<string, string> = {
  upload: 'Recording',
  stream: 'Stream',
  tap: 'Switch',
  microphone: 'Microphone',
  demo: 'Demo',
};

/** The ways in which audio comes. */
export const sources: readonly string[] = Object.keys(SOURCES);

/** How a call's audio came. */
export const source = (word: string): string => SOURCES[word] ?? plain(word);

/** A share as `97 %`; close to the ends with a decimal. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return '–';
  const hundredths = share * 100;
  const near = (hundredths > 99 && hundredths < 100) || (hundredths > 0 && hundredths < 1);
  return `${hundredths.toFixed(near ? 1 : 0)} %`;
}

/** Milliseconds of a call as `2.93 s`. */
export const seconds = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '–' : `${(ms / 1000).toFixed(2)} s`;

/** A short time as `0.8 ms`, `25 ms` or `1.20 s`. */
export function brief(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** A place in a call as `0:07.6`. */
export function clock(ms: number): string {
  const tenths = Math.max(0, Math.floor(ms / 100));
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${String(Math.floor((tenths % 600) / 10)).padStart(2, '0')}.${tenths % 10}`;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const BOTH = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** A moment: the time today, else day and time. */
export function moment(text: string | null | undefined): string {
  if (!text) return '–';
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  return today ? TIME.format(at) : `${DAY.format(at)}, ${TIME.format(at)}`;
}

/** A moment in full. */
export const moment_in_full = (text: string | null | undefined): string => (text ? BOTH.format(new Date(text)) : '–');

/** A whole number with its groups apart. */
export const count = (number: number | null | undefined): string =>
  number === null || number === undefined ? '–' : number.toLocaleString();

const UNITS: [RegExp, (number: number) => string][] = [
  [/_ms$/, (ms) => seconds(ms)],
  [/^hz$|_hz$/, (hz) => `${hz.toFixed(0)} Hz`],
  [/^dbm0$/, (level) => `${level.toFixed(1)} dBm0`],
  [/^(machine|confidence)$/, percent],
];

/** One number of a cause or an event as name and text. */
export function figure(name: string, value: unknown, of: string): [string, string] {
  const shown = plain(name.replace(/_ms$/, '').replace(/^dbm0$/, 'level').replace(/^hz$/, 'frequency'));
  if (typeof value !== 'number') return [shown, String(value)];
  if (of === 'weighed' && name === 'limit') return ['Limit at this moment', percent(value)];
  const unit = UNITS.find(([pattern]) => pattern.test(name));
  return [shown, unit ? unit[1](value) : String(value)];
}

/** The words of an event that need more than its name. */
export function told(event: { kind: string; [field: string]: unknown }): string {
  const hz = typeof event.hz === 'number' ? `${event.hz.toFixed(0)} Hz` : '';
  switch (event.kind) {
    case 'verdict':
      return `${plain(String(event.stage))}: ${kind(String(event.answered_by)).name}, ${percent(event.confidence as number)}`;
    case 'ready_to_record':
      return `Ready to record (${plain(String(event.reason)).toLowerCase()})`;
    case 'beep_started':
      return `Beep started ${hz}`.trim();
    case 'beep_ended':
      return `Beep ${hz}`.trim();
    case 'dtmf':
      return `Digit ${String(event.digit)}`;
    case 'sit':
      return `Network tone ${String(event.code)}`;
    case 'fax':
    case 'supervisory':
      return `${plain(event.kind)}: ${String(event.tone)}`;
    default:
      return plain(event.kind);
  }
}
