/**
 * The single source of the config: every key with its type, bounds, default and meaning.
 *
 * Types (`config.ts`), validation (`load.ts`), flags and environment variables (`flags.ts`),
 * the reference and the JSON schema (`reference.ts`, `json-schema.ts`) all derive from this table.
 * It is plain data: nothing is computed here. Defaults live here and nowhere else.
 */

// A table reads better with a key to a line or two.
// prettier-ignore
/** `system`: defaults for everything; what is marked `task` can be said again in a task. */
export const SYSTEM = {
  group: { type: 'name', default: 'faultline', task: true,
    doc: 'Consumer group. Tasks of one group share one consumer; the same topic in two groups is a fan-out.' },
  transport: { type: 'choice', options: ['log', 'memory'], default: 'log',
    doc: 'Where deliveries come from and findings go: `log` is the embedded durable log, `memory` keeps nothing.' },
  data: { type: 'path', default: './faultline-data',
    doc: 'Directory of the embedded log. In a config file it is relative to that file.' },
  threads: { type: 'threads', max: 256, default: 'auto', hot: true,
    doc: 'Worker threads. `auto`: the usable cores, a container’s CPU limit counted.' },
  lanes: { type: 'int', min: 1, max: 65_536, default: 64, task: true, hot: true,
    doc: 'Shards of a task. A key always goes to the same lane; a lane is in one batch at a time.' },
  laneLengthMax: { type: 'int', min: 1, max: 1_000_000, default: 1000, task: true, hot: true,
    doc: 'Deliveries that one lane holds before intake of its task waits.' },
  heldKeysMax: { type: 'int', min: 1, max: 1_000_000, default: 1000, task: true, hot: true,
    doc: 'Keys of a task that may wait for a retry at one time; past it, their lane holds.' },
  from: { type: 'from', default: 'earliest', doc: 'Where a group without a committed offset begins.' },
  encoding: { type: 'choice', options: ['json', 'msgpack'], default: 'json', task: true,
    doc: 'How findings are written.' },
  explain: { type: 'bool', default: true, task: true, hot: true,
    doc: 'Whether findings say why their signature and group are what they are.' },
  eventTimeoutMs: { type: 'int', min: 10, max: 3_600_000, default: 5000, task: true, hot: true,
    doc: 'How long the analysis of one delivery may take before its thread is ended.' },
  http: { type: 'address', default: null,
    doc: 'Address of `/metrics`, `/healthz` and `/readyz`. A bare port means loopback; `null` means none.' },
  outputs: {
    doc: 'Output topics. `{topic}`, `{task}` and `{category}` are filled in; no task may consume what comes out.',
    task: true,
    keys: {
      findings: { type: 'topic', default: 'faultline-findings', flag: 'findings-topic',
        doc: 'Topic of the findings.' },
      deadLetters: { type: 'topic', default: 'faultline-dead-letters', flag: 'dead-letters-topic',
        doc: 'Topic of the deliveries that were given up, each with its error.' },
    },
  },
  log: {
    doc: 'The embedded log.',
    keys: {
      durability: { type: 'choice', options: ['disk', 'process'], default: 'disk', flag: 'durability',
        doc: 'What an acknowledgement means: `disk` survives a power loss, `process` survives the death of the process.' },
      partitions: { type: 'int', min: 1, max: 1024, default: 8, flag: 'partitions',
        doc: 'Partitions of a topic that is made from now on; existing topics keep theirs.' },
      pollMs: { type: 'int', min: 1, max: 60_000, default: 20, hot: true,
        doc: 'How often to look for what other processes wrote.' },
      recordBytesMax: { type: 'int', min: 1024, max: 268_435_456, default: 16_777_216, unit: 'bytes',
        doc: 'Largest record that the log takes, key and headers counted.' },
    },
  },
  credit: {
    doc: 'What may be in flight, from consumed to finished; intake waits when it is spent.',
    keys: {
      deliveries: { type: 'int', min: 1, max: 10_000_000, default: 4_000, hot: true,
        doc: 'Deliveries in flight.' },
      bytes: { type: 'int', min: 65_536, max: 68_719_476_736, default: 67_108_864, unit: 'bytes', hot: true,
        doc: 'Bytes of keys and values in flight.' },
    },
  },
  aheadMax: { type: 'int', min: 1, max: 10_000_000, default: 20_000, hot: true,
    doc: 'Deliveries of a partition that may be read beyond its watermark: what a crash can make seen twice.' },
  pull: {
    doc: 'One read from the source.',
    keys: {
      deliveries: { type: 'int', min: 1, max: 1_000_000, default: 2000, hot: true,
        doc: 'Deliveries that one pull may bring.' },
      waitMs: { type: 'int', min: 1, max: 60_000, default: 100, hot: true,
        doc: 'How long a pull waits when there is nothing.' },
    },
  },
  batch: {
    doc: 'What crosses the thread border at once: a batch is full when any of these is reached.',
    keys: {
      events: { type: 'int', min: 1, max: 65_536, default: 512, hot: true, doc: 'Deliveries of one batch.' },
      bytes: { type: 'int', min: 1024, max: 268_435_456, default: 2_097_152, unit: 'bytes', hot: true,
        doc: 'Bytes of one batch; a larger delivery travels alone.' },
      ms: { type: 'int', min: 1, max: 60_000, default: 16, hot: true,
        doc: 'Expected time of one batch in the worker, by the learnt cost of a delivery.' },
    },
  },
  publish: {
    doc: 'How findings and dead letters are written: a request goes out by count, bytes or linger, whichever comes first.',
    keys: {
      mode: { type: 'choice', options: ['async', 'sync'], default: 'async', flag: 'publish',
        doc: '`sync` has one finding in flight in the whole process and awaits it; it exists to be compared with.' },
      lingerMs: { type: 'int', min: 0, max: 60_000, default: 5, hot: true, flag: 'linger-ms',
        doc: 'How long a finding waits for company.' },
      events: { type: 'int', min: 1, max: 100_000, default: 500, hot: true,
        doc: 'Publications of one request.' },
      bytes: { type: 'int', min: 1024, max: 268_435_456, default: 1_048_576, unit: 'bytes', hot: true,
        doc: 'Bytes of one request; a larger finding travels alone.' },
      inFlight: { type: 'int', min: 1, max: 256, default: 8, hot: true, flag: 'in-flight',
        doc: 'Requests in flight.' },
      backoffMs: { type: 'int', min: 1, max: 3_600_000, default: 100, hot: true,
        doc: 'Wait before a request that could not be written is tried again; doubles each time.' },
      backoffMaxMs: { type: 'int', min: 1, max: 3_600_000, default: 5000, hot: true,
        doc: 'The longest such wait.' },
      deadLetterBytesMax: { type: 'int', min: 0, max: 268_435_456, default: 1_000_000, unit: 'bytes', hot: true,
        doc: 'A dead letter’s value is cut to this; its hash is of the whole.' },
      deadLetterHeaderBytesMax: { type: 'int', min: 0, max: 16_777_216, default: 16_384, unit: 'bytes', hot: true,
        doc: 'A dead letter keeps so many bytes of its delivery’s headers, and a key up to this length.' },
    },
  },
  commit: {
    doc: 'Committing of offsets.',
    keys: {
      intervalMs: { type: 'int', min: 1, max: 3_600_000, default: 500, hot: true,
        doc: 'How often the watermarks are committed.' },
    },
  },
  retry: {
    doc: 'What happens after a failure that another try may cure.',
    task: true,
    keys: {
      max: { type: 'int', min: 0, max: 1000, default: 3, hot: true, doc: 'Tries after the first.' },
      backoffMs: { type: 'int', min: 1, max: 86_400_000, default: 100, hot: true,
        doc: 'Wait before the first retry; doubles each time, with jitter.' },
      backoffMaxMs: { type: 'int', min: 1, max: 86_400_000, default: 10_000, hot: true,
        doc: 'The longest such wait.' },
      onExhausted: { type: 'choice', options: ['dead-letter', 'finish', 'stop'], default: 'dead-letter', hot: true,
        doc: 'Then: publish a dead letter, finish without one, or stop the engine without committing.' },
    },
  },
  shutdown: {
    doc: 'Deadlines of an ordered exit; what is unfinished by then is not committed.',
    keys: {
      drainMs: { type: 'int', min: 0, max: 86_400_000, default: 30_000, hot: true,
        doc: 'For the work in hand at a stop.' },
      revokeMs: { type: 'int', min: 0, max: 86_400_000, default: 10_000, hot: true,
        doc: 'For the work in hand of partitions that are taken away.' },
      closeMs: { type: 'int', min: 1, max: 86_400_000, default: 5000, hot: true,
        doc: 'For closing each of sink, source, pool and HTTP server.' },
    },
  },
  limits: {
    doc: 'Limits of one event and its analysis. A report over one of them still gives a finding, which names the problem.',
    keys: {
      eventBytesMax: { type: 'int', min: 1024, max: 268_435_456, default: 1_048_576, unit: 'bytes',
        doc: 'Larger values become dead letters without being parsed.' },
      findingBytesMax: { type: 'int', min: 1024, max: 268_435_456, default: 1_000_000, unit: 'bytes',
        doc: 'Larger findings become dead letters.' },
      reportBytesMax: { type: 'int', min: 1024, max: 268_435_456, default: 1_048_576, unit: 'bytes',
        doc: 'Bytes of a report that are looked at.' },
      reportLinesMax: { type: 'int', min: 1, max: 10_000_000, default: 50_000,
        doc: 'Lines of a report that are looked at.' },
      lineBytesMax: { type: 'int', min: 64, max: 1_048_576, default: 8192, unit: 'bytes',
        doc: 'Bytes of a line that are looked at.' },
      framesMax: { type: 'int', min: 1, max: 1_000_000, default: 500, doc: 'Frames of one stack.' },
      threadsMax: { type: 'int', min: 1, max: 1_000_000, default: 1000, doc: 'Threads of one report.' },
      causesMax: { type: 'int', min: 1, max: 100_000, default: 50, doc: 'Exceptions of one chain.' },
      samplesMax: { type: 'int', min: 1, max: 10_000_000, default: 10_000,
        doc: 'Sampled stacks of one lag report.' },
    },
  },
  pool: {
    doc: 'The worker threads.',
    keys: {
      heapMbMax: { type: 'int', min: 16, max: 65_536, default: 512,
        doc: 'Heap of one worker thread in MiB; a delivery that needs more ends the thread and is blamed.' },
    },
  },
  logging: {
    doc: 'The log of the process itself, on standard error.',
    keys: {
      level: { type: 'choice', options: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], default: 'info', hot: true, flag: 'log-level',
        doc: 'The least that is written.' },
      format: { type: 'choice', options: ['auto', 'json', 'pretty'], default: 'auto', flag: 'log-format',
        doc: '`auto`: pretty on a terminal, JSON elsewhere.' },
    },
  },
} as const;
