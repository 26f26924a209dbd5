/**
 * Errors of what lies around the engine: the embedded log, Kafka, the control socket, HTTP.
 *
 * Exit codes: 1 failed while doing, 2 wrong use or config, 3 not ready (something outside is missing).
 */

/** See `errors.ts`. */
export const OUTSIDE_ERRORS = {
  E_COMMIT_FAILED: {
    summary: 'Offsets could not be committed; the engine tries again.',
    hint: 'Finished work since the last commit is done again after a restart.',
    retriable: true,
    exit: 1,
  },
  E_GROUP_BUSY: {
    summary: 'Processes read for the group whose positions were to be changed.',
    hint: 'Drain them first (`faultline drain`), or wait until the brokers have noticed that they are gone.',
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
  E_FENCED: {
    summary: 'Another process has taken over this one’s partitions or transactions.',
    hint: 'Nothing of the transaction counts. Usual after a long standstill; two processes must not share a transactional id.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_AUTH: {
    summary: 'The brokers refused the user, the password or the way to log in.',
    hint: 'Check kafka.sasl, and that the mechanism is one that the listener offers.',
    retriable: false,
    exit: 3,
  },
  E_KAFKA_CODEC: {
    summary: 'A batch of records cannot be decompressed.',
    hint: 'Its producer used a compression that is not known here, the batch is damaged or grows past 64 MiB; the message says which, and what passes over it. Its partition stands still, the others go on.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_FAILED: {
    summary: 'A broker answered with an error.',
    hint: 'The message has Kafka’s own words; the engine tries again where that can help.',
    retriable: true,
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
  E_KAFKA_PARTITIONS: {
    summary: 'More partitions were assigned than one process may write transactions for.',
    hint: 'Those beyond the limit stay unread, the others go on. Start more processes of the group, or raise kafka.exactlyOncePartitionsMax.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_RECORDS: {
    summary: 'A batch of records in a partition cannot be read.',
    hint: 'Its partition stands still, the others go on. The message says which command passes over all of the batch, after a drain, if its header is to be believed.',
    retriable: false,
    exit: 1,
  },
  E_KAFKA_SETTING: {
    summary: 'A setting of the brokers does not go with the config.',
    hint: 'The message names both: change one of them.',
    retriable: false,
    exit: 3,
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
    hint: 'Check kafka.brokers, the network, and whether the listener speaks TLS or asks for a login; a run that has begun goes on by itself when they are back.',
    retriable: true,
    exit: 3,
  },
  E_KAFKA_VERSION: {
    summary: 'The brokers do not speak what is needed.',
    hint: 'faultline needs Apache Kafka 2.1 or newer, 2.5 for exactly once, or what speaks the same protocol.',
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
} as const;
