/**
 * A cheap first look at a raw report: is it a crash or a lag, and of which platform?
 *
 * Only so far that the report finds its topic; its format is told by the analysis, which reads all
 * of it. What shows no sign of a lag is taken for a crash. Looks at a bounded head of the text with
 * patterns that cannot backtrack over it.
 */
import type { ReportKind } from './topics.ts';

/** What a first look tells. */
export interface Guess {
  readonly kind: ReportKind;
  /** `android`, `jvm`, `python`, `node` or `web`; absent where nothing shows it. */
  readonly platform?: string;
}

/** How much of a text is looked at; the signs stand near the top. */
const HEAD_CHARS_MAX = 262_144;

/** How thread dumps begin, and how crashes do: whichever stands first decides, for either may quote the other. */
const SIGN = new RegExp(
  [
    String.raw`(?<lag>^----- pid \d+ at |^----- Waiting Channels: pid |^DALVIK THREADS|^Full thread dump |^Subject: Input dispatching timed out|^"main" (?:#1 )?prio=\d)`,
    String.raw`(?<crash>FATAL EXCEPTION|^\*\*\* \*\*\* \*\*\*|\bsignal \d+ \(SIG|Traceback \(most recent call last\)|^Exception in thread ")`,
  ].join('|'),
  'm',
);

/** Lines of a log that tell of an ANR; they count where no dump and no crash is found. */
const ANR_LINE = /\bANR in \S|Input dispatching timed out/;

/** In order: the first that is found wins. */
const PLATFORMS: readonly (readonly [platform: string, sign: RegExp])[] = [
  [
    'android',
    /^\*\*\* \*\*\* \*\*\*|^ *ABI: '|^Build fingerprint: |\bAndroidRuntime\b|FATAL EXCEPTION|Input dispatching timed out|^DALVIK THREADS|^----- pid \d|\bat (?:android|androidx|dalvik|com\.android)\./m,
  ],
  ['python', /Traceback \(most recent call last\)|^ *File "[^"\n]*", line \d/m],
  [
    'jvm',
    /^Full thread dump |^[ \t]*at [^\s(]+\((?:[^)\n]*\.(?:java|kt|scala|groovy):\d|Native Method|Unknown Source)/m,
  ],
  ['node', /^Node\.js v\d|\bnode:[a-z]|\/node_modules\//m],
  ['web', /^[ \t]*at (?:.*\()?https?:\/\/|^[^@\n]*@https?:\/\//m],
];

/** Fields in which reports carry their stack as text or as a list of lines. */
const STACK_FIELDS = [
  'stack',
  'stacktrace',
  'stackTrace',
  'stack_trace',
  'traceback',
  'backtrace',
  'input',
] as const;

/** Fields that hold sampled stacks. */
const SAMPLE_FIELDS = ['samples', 'stacks'] as const;

/** Looks at a text, or at an object or list as JSON gives it. */
export function guessReport(report: unknown): Guess {
  if (typeof report === 'string') return guessText(report);
  const guess = guessText(stackText(report) ?? '');
  const platform = statedPlatform(report);
  return {
    ...guess,
    ...(hasSamples(report) ? { kind: 'lag' } : {}),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** Whether an object carries a stack or samples under one of the usual names. */
export function hasStack(report: unknown): boolean {
  return hasSamples(report) || stackText(report) !== null;
}

function guessText(text: string): Guess {
  const head = text.slice(0, HEAD_CHARS_MAX);
  const sign = SIGN.exec(head)?.groups;
  const lag = sign === undefined ? ANR_LINE.test(head) : sign['lag'] !== undefined;
  const platform = PLATFORMS.find(([, sign]) => sign.test(head))?.[0];
  return { kind: lag ? 'lag' : 'crash', ...(platform === undefined ? {} : { platform }) };
}

function hasSamples(report: unknown): boolean {
  if (Array.isArray(report)) return isSample(report[0]);
  return isObject(report) && SAMPLE_FIELDS.some((name) => Array.isArray(report[name]));
}

/** A stack with the time at which it was taken. */
function isSample(item: unknown): boolean {
  return isObject(item) && 'stack' in item && 'time' in item;
}

/** The report's stack as text: its own, or that of its `error`; `null` where it has none. */
function stackText(report: unknown): string | null {
  if (Array.isArray(report)) return linesText(report);
  if (!isObject(report)) return null;
  const nested = isObject(report['error']) ? [report['error']] : [];
  const values = [report, ...nested].flatMap((holder) => STACK_FIELDS.map((name) => holder[name]));
  for (const value of values) {
    const text = typeof value === 'string' ? value : Array.isArray(value) ? linesText(value) : null;
    if (text !== null) return text;
  }
  return null;
}

function linesText(lines: readonly unknown[]): string | null {
  return typeof lines[0] === 'string' ? lines.filter((line) => typeof line === 'string').join('\n') : null;
}

function statedPlatform(report: unknown): string | undefined {
  const platform = isObject(report) ? report['platform'] : undefined;
  return typeof platform === 'string' && /^.{1,40}$/.test(platform) ? platform : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
