/**
 * What comes in from a source and what goes out to a sink.
 *
 * Both are bytes: the main thread moves them and never looks inside a value. All byte arrays are
 * views that their holder must not write to.
 */

/** One header: a name (several headers may share one) and its bytes. */
export type Header = readonly [name: string, value: Uint8Array];

/** Headers in the order of the source. Share {@link NO_HEADERS} where there are none. */
export type Headers = readonly Header[];

/** The one empty header list. */
export const NO_HEADERS: Headers = Object.freeze([]);

/** One consumed record. */
export interface Delivery {
  readonly topic: string;
  readonly partition: number;
  /** Position in the partition; rises, may have gaps. A safe integer. */
  readonly offset: number;
  /** `null`: carries no order and may be processed beside anything. */
  readonly key: Uint8Array | null;
  /** `null`: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers: Headers;
  /** Milliseconds since 1970, as the source says. */
  readonly timestampMs: number;
}

/** One record to be written: a finding or a dead letter. */
export interface Publication {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  readonly headers: Headers;
  /** Milliseconds since 1970. */
  readonly timestampMs: number;
}

/** A place in a partition. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A committed (or to be committed) position: the offset of the next delivery to read. */
export interface Position extends TopicPartition {
  readonly offset: number;
}

/** Longest metadata of a committed position, bytes: what Kafka's brokers take by default (`offset.metadata.max.bytes`). */
export const METADATA_BYTES_MAX = 4096;

/** A position and what its committer keeps beside it: ASCII text of at most {@link METADATA_BYTES_MAX} bytes, perhaps empty. */
export interface NotedPosition extends Position {
  readonly metadata: string;
}

/** A partition that is assigned, with what its group has committed of it, if anything. */
export interface Assignment extends TopicPartition {
  readonly committed: { readonly offset: number; readonly metadata: string } | null;
}
