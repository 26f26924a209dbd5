/** The event's envelope after decoding: see docs/reference/event.md for the format on the wire. */
import type { Problem } from './report.ts';

/** Known dimensions, all optional; what else arrives stays in the same object. */
export type Dimensions = Readonly<Record<string, unknown>>;

/** The payload: a format name (`auto` where it is to be detected) and the report itself. */
export interface ProfileData {
  readonly format: string;
  /** Text, or an object or array for structured formats. */
  readonly report: unknown;
}

/** A decoded, validated event. */
export interface PerfEvent {
  readonly id: string;
  readonly category: string;
  /** Milliseconds since 1970; the record's own timestamp where the event has none. */
  readonly timestampMs: number;
  readonly dimensions: Dimensions;
  readonly values: Readonly<Record<string, unknown>>;
  readonly profileData: ProfileData;
  /** What was odd about the envelope and yet bearable. */
  readonly problems: readonly Problem[];
}
