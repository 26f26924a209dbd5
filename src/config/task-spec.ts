/** What a task says beside its overrides, the tasks where none are named, and the limits of the config itself. Plain data. */

/** What a task says beside its overrides. */
export const TASK_DOCS = {
  topics:
    'Regular expressions; a topic that any of them matches, in any case of letters, belongs to the task. `(?-i:…)` minds the case.',
  analyzer:
    'What analyses the events: `crash`, `lag`, or the path of a module (`./my-analyzer.ts`), relative to the config file.',
  analyzers:
    'Analyzers by category. Where there are any, a category that is not among them becomes a dead letter.',
  enabled: 'A task that is not enabled is checked and then left out.',
} as const;

/** Limits of the config itself. */
export const CONFIG_LIMITS = {
  fileBytesMax: 1_048_576,
  tasksMax: 1000,
  patternsMax: 100,
  patternLengthMax: 1000,
  analyzersMax: 1000,
  nameLengthMax: 64,
  topicLengthMax: 249,
  fieldLengthMax: 200,
  textLengthMax: 1000,
  hostsMax: 100,
  mistakesMax: 100,
} as const;

/** The tasks where the config names none; a task of one of these names may leave its `topics` and `analyzer` out. */
export const DEFAULT_TASKS = {
  crash: { topics: ['(^|[._-])crash([._-]|$)'], analyzer: 'crash' },
  lag: { topics: ['(^|[._-])lag([._-]|$)'], analyzer: 'lag' },
} as const;
