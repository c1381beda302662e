/** What the API sends, as far as the dashboard reads it. */

/** A problem document (RFC 9457). */
export interface Problem {
  title: string;
  detail: string;
  status: number;
  code: string;
}

/** Who calls the API. */
export interface Me {
  id: string;
  name: string;
  scopes: string[];
  role?: string;
}

/** One point of a call's picture. */
export interface Point {
  at_ms: number;
  level: number;
  voice: boolean;
  tone: boolean;
  music: number;
  machine: number | null;
  lost: boolean;
}

/** The lowest and the highest sample of 10 ms, as parts of full scale. */
export type Extremes = [number, number];

/** Why, with numbers. */
export interface Cause {
  kind: string;
  [number: string]: unknown;
}

/** One event of a call. */
export interface CallEvent {
  at_ms: number;
  kind: string;
  [field: string]: unknown;
}

/** What a person or a system said it was. */
export interface Truth {
  answered_by: string;
  by: string;
  note?: string | null;
  at: string;
}

/** One thing that was done with a call on its switch. */
export interface Step {
  at_ms: number;
  order: string;
  with?: string;
  done: boolean | null;
  error?: string;
}

/** How a call was handled on its switch. */
export interface Handling {
  switch: string;
  platform: string;
  uuid: string;
  rule: string;
  answered_ms: number | null;
  steps: Step[];
  hangup_cause: string | null;
}

/** How the connection to a switch is. */
export interface SwitchState {
  name: string;
  platform: string;
  address: string;
  connected_since: string | null;
  last_error: string | null;
  reconnects: number;
  calls_seen: number;
  calls_watched: number;
}

/** A call, as the list has it. */
export interface CallSummary {
  id: string;
  call_id: string;
  source: string;
  campaign: string | null;
  caller: string | null;
  destination: string | null;
  started: string;
  ended: string;
  answered_by: string;
  is_voicemail: boolean;
  confidence: number;
  method: string;
  stage: string;
  why: string;
  decided_ms: number;
  ready_ms: number | null;
  audio_ms: number;
  processing_ms: number;
  model_version: string;
  audio_kept: boolean;
  truth: Truth | null;
}

/** A call with all that is known of it. */
export interface CallDetail extends CallSummary {
  handling: Handling | null;
  probabilities: Record<string, number>;
  cause: Cause;
  events: CallEvent[];
  timeline: Point[];
  lost_ms: number;
  warnings: string[];
  feedback: Truth[];
  vocabularies?: Record<string, Record<string, string>>;
}

/** A call that goes on. */
export interface LiveCall {
  id: string;
  call_id: string;
  source: string;
  campaign?: string | null;
  started: string;
  latest?: CallEvent | null;
}
