/** A task as the engine and the pool see it: everything required, defaults already applied. */

/** How failures are tried again. */
export interface RetryPolicy {
  /** Tries after the first one. */
  readonly retriesMax: number;
  /** What a record’s own header may ask for instead. */
  readonly perRecordMax: number;
  /** How often an analyzer may ask for a delivery again. */
  readonly requeuesMax: number;
  /** Wait before the first retry, milliseconds; doubles each time. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** What to do with a delivery whose retries are spent. */
  readonly onExhausted: 'dead-letter' | 'finish' | 'stop';
}

/** Topic names of a task's output; `{topic}`, `{task}` and `{category}` are filled in. */
export interface Outputs {
  readonly findings: string;
  readonly deadLetters: string;
}

/** What deliveries are sharded and kept in order by. */
export interface ShardBy {
  /** Path of names into the JSON event; `null`: the key of the record. */
  readonly field: string | null;
  readonly rule: 'hash' | 'modulo';
  /** How far into a value the field is looked for. */
  readonly scanBytesMax: number;
}

/** When a task stops because it gives up too much. */
export interface CircuitPolicy {
  /** Given up of the last `window`, per cent; 0: never. */
  readonly deadLetterPercentMax: number;
  readonly window: number;
  /** Given up in a row; 0: never. */
  readonly consecutiveMax: number;
}

/** One configured handler of topics. */
export interface Task {
  readonly name: string;
  readonly group: string;
  /** A topic that any of these matches belongs to the task. */
  readonly topics: readonly RegExp[];
  readonly lanes: number;
  /** Deliveries that one lane holds before intake of the whole task waits. */
  readonly laneLengthMax: number;
  /** Keys of the task that may wait for a retry at one time. */
  readonly heldKeysMax: number;
  readonly shardBy: ShardBy;
  readonly retry: RetryPolicy;
  readonly circuit: CircuitPolicy;
  readonly outputs: Outputs;
}

/** What the worker needs of a task. */
export interface TaskAnalysis {
  readonly name: string;
  /** `crash`, `lag`, or the path of a module; used where `analyzers` names none. */
  readonly analyzer: string;
  /** By category. Where it is not empty, a category that it lacks is `E_EVENT_UNKNOWN_CATEGORY`. */
  readonly analyzers: Readonly<Record<string, string>>;
  readonly eventTimeoutMs: number;
  readonly encoding: 'json' | 'msgpack';
  /** Whether findings carry `explain`. */
  readonly explain: boolean;
}

/** Limits of one analysis; each has its key in config under `limits`. */
export interface AnalysisLimits {
  readonly eventBytesMax: number;
  readonly findingBytesMax: number;
  readonly reportBytesMax: number;
  readonly reportLinesMax: number;
  /** Bytes of one line that are looked at. */
  readonly lineBytesMax: number;
  readonly framesMax: number;
  readonly threadsMax: number;
  readonly causesMax: number;
  readonly samplesMax: number;
  /** Of reports and analyses that one thread remembers; 0: none. */
  readonly memoBytesMax: number;
}
