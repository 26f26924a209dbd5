/** What the bench and the process of a section say to each other. */
import type { PlainOptions } from '../flags.ts';

/** What is to be run; the first that the process hears. */
export interface Order {
  readonly type: 'order';
  readonly section: string;
  readonly options: PlainOptions;
  /** Flags of sections, as given. */
  readonly own: Readonly<Record<string, string>>;
}

/** To the process of a section. */
export type ToSection =
  | Order
  | { readonly type: 'brokers'; readonly brokers: readonly string[] }
  /** `isMissing`: this machine has none; else it could have some, and they failed. */
  | { readonly type: 'no-brokers'; readonly why: string; readonly isMissing: boolean };

/** From it, on the way. */
export type FromSection =
  { readonly type: 'tell'; readonly what: string } | { readonly type: 'brokers?' } | Outcome;

/** The last word of it. `left-out`: what it needs is not to be had here. */
export type Outcome =
  | { readonly type: 'done'; readonly results: unknown }
  | { readonly type: 'failed'; readonly why: string }
  | { readonly type: 'left-out'; readonly why: string }
  | { readonly type: 'wrong-flag'; readonly why: string };
