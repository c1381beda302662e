/** A rate that was measured: so many of so many, with its 95 % interval (Wilson). */
export interface Measured {
  count: number;
  of: number;
  rate: number | null;
  low: number;
  high: number;
}

/** Percentiles in milliseconds. */
export interface Percentiles {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** How often one word came. */
export interface Share {
  name: string;
  count: number;
  rate: number;
}

/** What is known from feedback. */
export interface Reviewed {
  count: number;
  people_called_machines: Measured;
  machines_called_people: Measured;
  accuracy: Measured;
  methods: { method: string; accuracy: Measured }[];
}

/** What `GET /v1/stats` answers. */
export interface Stats {
  window: string;
  from: string;
  to: string;
  calls: number;
  voicemail: number;
  answered_by: Share[];
  methods: Share[];
  confidence: { low: number; high: number; count: number }[];
  decided_ms: Percentiles;
  processing_ms: Percentiles;
  reviewed: Reviewed;
  series: { at: string; calls: number; voicemail: number; answered_by: Record<string, number> }[];
}

/** The windows that can be asked for. */
export const WINDOWS: [string, string][] = [
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
];
