/**
 * Errors of faultline itself: of events, analysis and the engine, of config and commands.
 *
 * Exit codes: 1 failed while doing, 2 wrong use or config, 3 not ready (something outside is missing).
 */

/** See `errors.ts`. */
export const INSIDE_ERRORS = {
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
  E_PUBLISHER_DIED: {
    summary: 'The thread that writes to the brokers has ended, or cannot be started.',
    hint: 'The message says what ended it. Nothing unacknowledged is committed; kafka.produce.thread false writes from the main thread.',
    retriable: false,
    exit: 1,
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
  E_NODE_VERSION: {
    summary: 'This version of Node is too old.',
    hint: 'faultline needs Node 24.6 or newer; in a checkout, `npm run` uses the pinned one.',
    retriable: false,
    exit: 3,
  },
} as const;
