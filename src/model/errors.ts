/**
 * Every error of the product, declared once: its code, what it says, what to do, whether trying
 * again can help, and the exit code of a command that ends with it.
 *
 * `docs/reference/errors.md` is generated from this table; a test fails when the two differ.
 * Exit codes: 1 failed while doing, 2 wrong use or config, 3 not ready (something outside is missing).
 */

/** What is declared of each code. */
export interface ErrorSpec {
  readonly summary: string;
  readonly hint: string;
  readonly retriable: boolean;
  readonly exit: 1 | 2 | 3;
}

/** The closed list of error codes. */
export const ERRORS = {
  E_ASSERT: {
    summary: 'An internal assumption does not hold; the engine stopped without committing.',
    hint: 'This is a defect of faultline: report it with the log lines around it. Nothing uncommitted is lost.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_UNMARSHAL: {
    summary: 'The value is neither JSON nor msgpack, or is no object.',
    hint: 'Look at the dead letter with `faultline tail`; fix the producer of the event.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_SCHEMA: {
    summary: 'A required field of the event is missing or has the wrong type.',
    hint: 'The message names the field; docs/reference/event.md has the format.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_TOO_LARGE: {
    summary: 'The value is larger than limits.eventBytesMax; it was not parsed.',
    hint: 'Raise limits.eventBytesMax, or cut the report where it is made.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_UNKNOWN_CATEGORY: {
    summary: 'No analyzer of the task takes the category of the event.',
    hint: 'Add the category to the task’s analyzers, or send it to another topic.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_ANALYZE: {
    summary: 'The analyzer threw, and its retries are spent.',
    hint: 'The dead letter’s faultline-error header has the message; try it with `faultline analyze`.',
    retriable: true,
    exit: 1,
  },
  E_EVENT_REJECTED: {
    summary: 'The analyzer asked for a dead letter.',
    hint: 'The message is the analyzer’s own reason.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_REQUEUED: {
    summary: 'The analyzer asked for the delivery again more often than retry.requeuesMax allows.',
    hint: 'Find out what it waits for; raise retry.requeuesMax, or let it wait longer each time.',
    retriable: false,
    exit: 1,
  },
  E_EVENT_TIMEOUT: {
    summary: 'The analysis of one delivery took longer than eventTimeoutMs; its thread was ended.',
    hint: 'Raise eventTimeoutMs if the analyzer is only slow; else the dead letter holds what makes it hang.',
    retriable: true,
    exit: 1,
  },
  E_EVENT_WORKER_DIED: {
    summary: 'The worker thread ended (heap limit, process.exit) while this delivery was in hand.',
    hint: 'The dead letter holds the input; raise pool.heapMbMax if it is only large.',
    retriable: true,
    exit: 1,
  },
  E_FINDING_ENCODE: {
    summary: 'The analyzer returned something that cannot be encoded as a finding.',
    hint: 'Return plain data: no functions, no cycles, no BigInt; docs/guide/analyzers.md has the contract.',
    retriable: false,
    exit: 1,
  },
  E_FINDING_TOO_LARGE: {
    summary: 'The encoded finding is larger than limits.findingBytesMax.',
    hint: 'Raise limits.findingBytesMax up to what the broker takes, or return less.',
    retriable: false,
    exit: 1,
  },
  E_SINK_REJECTED: {
    summary: 'The sink refused the publication for good.',
    hint: 'The message says why; a finding becomes a dead letter, a refused dead letter stops the engine.',
    retriable: false,
    exit: 1,
  },
  E_SINK_CLOSED: {
    summary: 'Something was published after the sink was closed.',
    hint: 'This is a defect of faultline or of the program that embeds it.',
    retriable: false,
    exit: 1,
  },
  E_SOURCE_CLOSED: {
    summary: 'Something was asked of a source that is closed.',
    hint: 'This is a defect of faultline or of the program that embeds it.',
    retriable: false,
    exit: 1,
  },
  E_COMMIT_FAILED: {
    summary: 'Offsets could not be committed; the engine tries again.',
    hint: 'Finished work since the last commit is done again after a restart.',
    retriable: true,
    exit: 1,
  },
  E_GROUP_BUSY: {
    summary: 'Processes read for the group whose positions were to be changed.',
    hint: 'Stop them first (`faultline stop`), or wait until the brokers have noticed that they are gone.',
    retriable: true,
    exit: 3,
  },
  E_GROUP_LOST: {
    summary: 'The process does not read for the group whose positions it was to store with its findings.',
    hint: 'Nothing of it was written. The message names the process that reads for the group now: two must not run for one group.',
    retriable: false,
    exit: 1,
  },
  E_TRANSACTION_ABORTED: {
    summary: 'Nothing was written, since another publication of the same transaction was refused.',
    hint: 'The engine tries again without the refused one, which becomes a dead letter.',
    retriable: true,
    exit: 1,
  },
  E_TRANSACTION_UNKNOWN: {
    summary:
      'It is not known whether a transaction is there to stay; the engine stopped without repeating it.',
    hint: 'Look at the cause and at the disk, then start again: findings and offsets are both there or both not.',
    retriable: false,
    exit: 1,
  },
  E_ENGINE_ENDED: {
    summary: 'Something was asked of an engine that has ended.',
    hint: 'Start it again; what is not committed comes again.',
    retriable: false,
    exit: 1,
  },
  E_TASK_STOPPED: {
    summary: 'A task gave up too many deliveries and was stopped by its circuit.',
    hint: 'Look at its dead letters with `faultline tail`; mend the cause, or raise the limits under `circuit`, and start again.',
    retriable: false,
    exit: 1,
  },
  E_ROUTE_AMBIGUOUS: {
    summary: 'Two tasks of one group match the same topic; it is left out.',
    hint: 'Make the patterns of the two tasks disjoint, or give them different groups.',
    retriable: false,
    exit: 2,
  },
  E_ROUTE_OWN_OUTPUT: {
    summary: 'A task’s pattern matches an output topic of the same config.',
    hint: 'Narrow the pattern or rename the output topic: the engine must not eat its own output.',
    retriable: false,
    exit: 2,
  },
  E_DRAIN_DEADLINE: {
    summary: 'The drain deadline was reached with work unfinished; it was not committed.',
    hint: 'It is processed again at the next start. Raise shutdown.drainMs if this is usual.',
    retriable: false,
    exit: 1,
  },
  E_CLOSE_DEADLINE: {
    summary: 'Something did not close in time at the end of a run; it was left behind.',
    hint: 'What was finished is committed. Raise shutdown.closeMs if this is usual.',
    retriable: false,
    exit: 1,
  },
  E_RETRY_EXHAUSTED: {
    summary: 'A delivery’s retries are spent and the task says to stop then.',
    hint: 'The message names the delivery; its offset is not committed.',
    retriable: false,
    exit: 1,
  },
  E_ANALYZER_LOAD: {
    summary: 'The module of an analyzer cannot be loaded or has no analyzer in it.',
    hint: 'Check the path; the module’s default export must be a function (docs/guide/analyzers.md).',
    retriable: false,
    exit: 2,
  },
  E_POOL_FAILED: {
    summary: 'A worker thread cannot be started, or does not end.',
    hint: 'Look at the cause: memory and the number of threads, or an analyzer that waits in native code (execSync). pool.startMs bounds both.',
    retriable: false,
    exit: 1,
  },
  E_LOG_DIR: {
    summary: 'The directory of the embedded log does not exist or cannot be used.',
    hint: 'Create the directory, or give another with --data.',
    retriable: false,
    exit: 3,
  },
  E_LOG_FULL: {
    summary: 'The disk of the embedded log is full.',
    hint: 'Make room; the engine goes on by itself then.',
    retriable: true,
    exit: 3,
  },
  E_LOG_IO: {
    summary: 'The embedded log cannot read or write.',
    hint: 'Look at the cause and at the disk.',
    retriable: true,
    exit: 3,
  },
  E_LOG_CORRUPT: {
    summary: 'A block of the embedded log does not match its checksum, or its file was cut off.',
    hint: 'The message names topic, partition and offset; restore the directory or skip the offset.',
    retriable: false,
    exit: 1,
  },
  E_LOG_LOST: {
    summary: 'Something that this process has written to the embedded log is not there any more.',
    hint: 'It stopped without committing: start it again, and what was not committed is done again. Find out what opens the directory without the gate (docs/guide/log.md).',
    retriable: false,
    exit: 1,
  },
  E_LOG_VERSION: {
    summary: 'The embedded log was written by another version of faultline with another format.',
    hint: 'Use the version that wrote it, or an empty directory.',
    retriable: false,
    exit: 3,
  },
  E_LOG_BUSY: {
    summary:
      'Another process reads the embedded log for this group, does not let it be opened, or has it open.',
    hint: 'Stop that process, or use another group.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_AUTH: {
    summary: 'The brokers refused the user, the password or the way to log in.',
    hint: 'Check kafka.sasl, and that the mechanism is one that the listener offers.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_CODEC: {
    summary: 'A batch of records cannot be decompressed.',
    hint: 'Its producer used a compression that is not known here, or the batch is damaged; the message says which.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_FAILED: {
    summary: 'A broker answered with an error.',
    hint: 'The message has Kafka’s own words; the engine tries again where that can help.',
    retriable: true,
    exit: 1,
  },
  E_KAFKA_FENCED: {
    summary: 'Another process has taken over this one’s partitions or transactions.',
    hint: 'Nothing of the transaction counts. Usual after a long standstill; two processes must not share a transactional id.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_FORBIDDEN: {
    summary: 'The user lacks a right on a topic, the group or the cluster.',
    hint: 'docs/operations/kafka.md lists the rights (ACLs) that each mode needs.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_GROUP: {
    summary: 'The brokers do not take this process into the group.',
    hint: 'Usual causes: other programs read for the group, which deal partitions in another way (give faultline a group of its own), or a session timeout that the brokers do not allow.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_OUT_OF_RANGE: {
    summary: 'The brokers do not have the position any more at which the group wants to go on.',
    hint: 'Retention was faster than the group: choose where to go on with `faultline offsets reset`, or let kafka.fetch.outOfRange say it.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_RECORDS: {
    summary: 'A batch of records in a partition cannot be read.',
    hint: 'Its partition stands still, the others go on. The message names the offset: `faultline offsets skip` passes over it.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_SETTING: {
    summary: 'A setting of the brokers does not go with the config.',
    hint: 'The message names both: change one of them.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_PARTITIONS: {
    summary: 'More partitions were assigned than one process may write transactions for.',
    hint: 'Start more processes of the group, or raise the limit that the message names.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_TLS: {
    summary: 'The TLS connection to a broker cannot be made.',
    hint: 'Check kafka.tls: the authority that signed the brokers’ certificate, their name, and the client certificate where they ask for one.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_TOPIC: {
    summary: 'A topic or partition does not exist on the brokers.',
    hint: 'Create it, or name another: faultline never creates topics by asking for them.',
    retriable: true,
    exit: 3,
  },
  E_KAFKA_UNREACHABLE: {
    summary: 'No broker can be reached.',
    hint: 'Check kafka.brokers, the network, and whether the listener speaks TLS or asks for a login; the engine goes on by itself when they are back.',
    retriable: true,
    exit: 3,
  },
  E_KAFKA_VERSION: {
    summary: 'The brokers do not speak what is needed.',
    hint: 'faultline needs Apache Kafka 2.1 or newer, or what speaks the same protocol.',
    retriable: false,
    exit: 3,
  },
  E_RECORD_TOO_LARGE: {
    summary: 'A record is larger than the log or the broker takes.',
    hint: 'The limit of the embedded log is log.recordBytesMax; a finding becomes a dead letter.',
    retriable: false,
    exit: 1,
  },
  E_TOPIC_UNKNOWN: {
    summary: 'There is no such topic.',
    hint: '`faultline topics` lists what there is.',
    retriable: false,
    exit: 2,
  },
  E_CONFIG_INVALID: {
    summary: 'The config has mistakes.',
    hint: 'Each is listed with its place; docs/reference/config.md has all keys.',
    retriable: false,
    exit: 2,
  },
  E_CONFIG_READ: {
    summary: 'The config file cannot be read.',
    hint: 'Check the path given with --config.',
    retriable: false,
    exit: 2,
  },
  E_USAGE: {
    summary: 'The command was called wrongly.',
    hint: 'Add --help to see how it is called.',
    retriable: false,
    exit: 2,
  },
  E_INPUT_READ: {
    summary: 'An input file or directory cannot be read.',
    hint: 'Check the path and its rights.',
    retriable: false,
    exit: 2,
  },
  E_OUTPUT_WRITE: {
    summary: 'A file cannot be written.',
    hint: 'Check the path, its rights and the disk.',
    retriable: false,
    exit: 3,
  },
  E_HTTP_LISTEN: {
    summary: 'The HTTP address cannot be listened on.',
    hint: 'Choose another with --http HOST:PORT.',
    retriable: false,
    exit: 3,
  },
  E_CONTROL_BUSY: {
    summary: 'Another process answers at the control socket.',
    hint: 'One process answers at one socket: give this one its own with --control PATH, or none with --control none.',
    retriable: false,
    exit: 3,
  },
  E_CONTROL_FAILED: {
    summary: 'The running process could not do what it was asked for.',
    hint: 'The message is its own; its log has more.',
    retriable: false,
    exit: 1,
  },
  E_CONTROL_LIMIT: {
    summary: 'The control socket refused a request that is too large, too slow or one too many.',
    hint: 'Try again; if that does not help, look for what keeps connections to the socket open.',
    retriable: true,
    exit: 3,
  },
  E_CONTROL_LISTEN: {
    summary: 'The control socket cannot be made.',
    hint: 'Give another place with --control PATH, or do without with --control none.',
    retriable: false,
    exit: 3,
  },
  E_CONTROL_LOST: {
    summary: 'The running process ended the connection without a whole answer.',
    hint: 'It was probably ended in the middle: look at its log. What is not committed comes again at its next start.',
    retriable: false,
    exit: 1,
  },
  E_CONTROL_NONE: {
    summary: 'No running faultline can be reached at the control socket.',
    hint: 'Start one with `faultline run`, or say which one is meant: its log with --data DIR, or its socket with --control PATH.',
    retriable: false,
    exit: 3,
  },
  E_CONTROL_PATH: {
    summary: 'The path of the control socket is longer than a Unix socket allows.',
    hint: 'Give a shorter one with --control PATH, the same to `run` and to the commands that ask it.',
    retriable: false,
    exit: 2,
  },
  E_CONTROL_REQUEST: {
    summary: 'A request at the control socket was not understood.',
    hint: 'Ask with the `faultline` of the version that runs; docs/operations/control.md has the protocol.',
    retriable: false,
    exit: 2,
  },
  E_CONTROL_TIMEOUT: {
    summary: 'The running process does not answer at its control socket.',
    hint: 'It is stopped (then `kill -CONT PID` lets it go on) or its main thread is busy; --timeout-ms waits longer.',
    retriable: true,
    exit: 3,
  },
  E_NODE_VERSION: {
    summary: 'This version of Node is too old.',
    hint: 'faultline needs Node 24.6 or newer; in a checkout, `npm run` uses the pinned one.',
    retriable: false,
    exit: 3,
  },
} as const;

/** A code of {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** The declaration of a code, all fields in their wide types. */
export function errorSpec(code: ErrorCode): ErrorSpec {
  return ERRORS[code];
}

/** An error as plain data: what a worker reports, what a dead letter carries. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether trying again can help. */
  readonly retriable: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What may accompany an {@link EngineError}. */
export interface ErrorContext {
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Replaces the hint of the table. */
  readonly hint?: string;
  /** Replaces the retriability of the table. */
  readonly retriable?: boolean;
}

/** The one error class: a code of the table, a sentence of its own, a hint, whether to try again. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly retriable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string = errorSpec(code).summary, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.hint = context.hint ?? errorSpec(code).hint;
    this.retriable = context.retriable ?? errorSpec(code).retriable;
    this.details = context.details ?? {};
  }
}

/** An error as plain data that can cross threads. Foreign errors become `code`. */
export function toFault(error: unknown, code: ErrorCode): Fault {
  if (error instanceof EngineError) {
    return { code: error.code, message: error.message, retriable: error.retriable, details: error.details };
  }
  return { code, message: describe(error), retriable: errorSpec(code).retriable };
}

/** Whatever was thrown, in one line. Never throws itself. */
export function describe(error: unknown): string {
  try {
    if (error instanceof Error) return error.message || error.name;
    return typeof error === 'string' ? error : `thrown ${typeof error}: ${String(error)}`;
  } catch {
    return 'thrown value that cannot be described';
  }
}
