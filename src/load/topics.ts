/** Where events go when the topic is left to faultline: crashes and lags have a topic each. */

/** What an event tells of: something that died, or something that did not answer. */
export type ReportKind = 'crash' | 'lag';

/** The topic of a kind under `--topic auto`; the default tasks' patterns match them. */
export const TOPICS: Readonly<Record<ReportKind, string>> = Object.freeze({
  crash: 'app-crash',
  lag: 'app-lag',
});

/** The category of a kind in a wrapped or generated event. */
export const CATEGORIES: Readonly<Record<ReportKind, string>> = Object.freeze({
  crash: 'PERF_CRASH',
  lag: 'PERF_LAG',
});
