/** A finding as people read it: a line in a list, or the whole of it. Pure: lines of text. */
import type {
  CrashResult,
  Finding,
  FindingException,
  FindingFrame,
  FindingThread,
  LagResult,
  PathNode,
  Severity,
  Verdict,
} from '../model/finding.ts';
import { clip, displayWidth, formatDuration, formatTable, printable } from './format.ts';
import type { Paint, Style } from './terminal.ts';

/** How it is shown. */
export interface ViewOptions {
  readonly paint: Paint;
  readonly columns: number;
  /** Frames of one stack; what is beyond is counted. */
  readonly framesMax: number;
}

const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = {
  fatal: 'red',
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

const RELATIONS = { cause: 'caused by ', suppressed: 'suppressed ', context: 'while handling ' } as const;

/** Whether a decoded value has what the views of a built-in finding need. */
export function isFinding(value: unknown): value is Finding {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, signature, group, severity, exceptions } = value as {
    readonly [Name in keyof CrashResult | keyof Verdict]?: unknown;
  };
  const named = [signature, group].every((text) => typeof text === 'string');
  const known = kind === 'lag' || (kind === 'crash' && Array.isArray(exceptions));
  return named && known && typeof severity === 'string' && Object.hasOwn(SEVERITY_STYLES, severity);
}

/** `fatal    crash  java-stack  1f0c…  java.lang.IllegalStateException at Cart.total`. */
export function findingLine(finding: Finding, { paint, columns }: ViewOptions): string {
  const { severity, kind, format, group, signature, platform = '' } = finding;
  const head = [
    paint(SEVERITY_STYLES[severity], severity.padEnd(7)),
    kind.padEnd(5),
    printable(platform).padEnd(8),
    printable(format).padEnd(12),
    paint('dim', printable(group).slice(0, 12)),
  ].join('  ');
  return `${head}  ${clip(printable(signature), Math.max(30, columns - displayWidth(head) - 2))}`;
}

/** The whole finding. */
export function findingView(finding: Finding, options: ViewOptions): readonly string[] {
  const { paint } = options;
  const sections = [
    [paint('bold', printable(finding.signature))],
    formatTable([{ title: '' }, { title: '' }], facts(finding, paint)),
    finding.kind === 'crash' ? crashView(finding, options) : lagView(finding, options),
    titled(paint('bold', 'Not understood'), (finding.problems ?? []).map(problemLine)),
    titled(
      paint('bold', 'Why this signature and group'),
      (finding.explain ?? []).map((step) => `  ${printable(step)}`),
    ),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function facts(finding: Finding, paint: Paint): readonly (readonly string[])[] {
  const { severity, kind, format, group, group_version: version, platform, os, app, device, scene } = finding;
  const rows: readonly (readonly [string, string])[] = [
    ['what', `${paint(SEVERITY_STYLES[severity], severity)} ${kind}, ${format}`],
    ['group', `${printable(group)} (version ${version})`],
    ['where', joined([platform, os, device?.model, scene])],
    ['app', joined([app?.id, app?.version, app?.build])],
    ['when', finding.timestamp],
    ['id', finding.id],
    ...Object.entries(finding.kind === 'crash' ? (finding.facts ?? {}) : {}),
  ];
  return rows
    .filter(([, text]) => text !== '')
    .map(([name, text]) => [
      paint('dim', `  ${printable(name)}`),
      name === 'what' ? text : clip(printable(text), 160),
    ]);
}

function crashView({ format, exceptions }: CrashResult, options: ViewOptions): readonly string[] {
  // The errors of an AggregateError happened side by side.
  const relations = format === 'js-stack' ? { ...RELATIONS, context: 'along with ' } : RELATIONS;
  return exceptions.flatMap((exception, index) => [
    ...(index === 0 ? [] : ['']),
    exceptionTitle(exception, exception.relation && relations[exception.relation], options.paint),
    ...frameLines(exception.frames, options),
  ]);
}

function exceptionTitle({ type, message }: FindingException, lead: string | undefined, paint: Paint): string {
  const text = message === undefined ? '' : `: ${clip(printable(message), 500)}`;
  return `${paint('dim', lead ?? '')}${paint('red', printable(type))}${text}`;
}

function lagView(lag: LagResult, options: ViewOptions): readonly string[] {
  const { paint } = options;
  const summary = joined([
    lag.duration_ms === undefined ? undefined : `not responding for ${formatDuration(lag.duration_ms)}`,
    lag.samples === undefined ? undefined : `${lag.samples} samples`,
    lag.reason,
  ]);
  return [
    ...(summary === '' ? [] : [printable(summary)]),
    ...titled(paint('bold', 'Heaviest path'), pathLines(lag.heaviest_path ?? [], options)),
    ...threadLines(lag.main_thread, options),
  ];
}

function pathLines(path: readonly PathNode[], { paint, framesMax }: ViewOptions): readonly string[] {
  const whole = path[0]?.total_ms ?? 0;
  const rows = path
    .slice(0, framesMax)
    .map(({ frame, total_ms: total, self_ms: self }) => [
      `  ${formatDuration(total)}`,
      paint('yellow', '█'.repeat(whole > 0 ? Math.round((total / whole) * 12) : 0)),
      `${printable(frame)}${self > 0 ? paint('dim', `  itself ${formatDuration(self)}`) : ''}`,
    ]);
  const columns = [{ title: '', align: 'right' as const }, { title: '' }, { title: '' }];
  return [...formatTable(columns, rows), ...more(path.length - framesMax)];
}

function threadLines(thread: FindingThread | undefined, options: ViewOptions): readonly string[] {
  if (thread === undefined) return [];
  const { paint } = options;
  const title = `Thread ${joined([thread.name ?? 'without a name', thread.state])}`;
  const lock = joined([
    thread.waits_for === undefined ? undefined : `waits for ${thread.waits_for}`,
    thread.held_by === undefined ? undefined : `held by ${thread.held_by}`,
  ]);
  return [
    paint('bold', printable(title)),
    ...(lock === '' ? [] : [`  ${paint('yellow', printable(lock))}`]),
    ...frameLines(thread.frames, options),
  ];
}

/** Frames of the app stand out, those of libraries step back. */
function frameLines(frames: readonly FindingFrame[], { paint, framesMax }: ViewOptions): readonly string[] {
  const lines = frames.slice(0, framesMax).map((frame) => {
    const text = clip(printable(frameText(frame)), 200);
    return frame.in_app === true ? `  ${paint('cyan', '▸')} ${text}` : `    ${paint('dim', text)}`;
  });
  return [...lines, ...more(frames.length - framesMax)];
}

function frameText(frame: FindingFrame): string {
  const name = [frame.module, frame.function].filter((part) => part !== undefined).join('.');
  const position = [frame.file, frame.line, frame.column].filter((part) => part !== undefined).join(':');
  const place =
    position === ''
      ? [frame.package, frame.address].filter((part) => part !== undefined).join(' ')
      : position;
  if (name === '') return frame.raw ?? place;
  return place === '' ? name : `${name} (${place})`;
}

function problemLine({ code, at }: { readonly code: string; readonly at?: string }): string {
  return `  ${printable(code)}${at === undefined ? '' : ` at ${printable(at)}`}`;
}

function more(count: number): readonly string[] {
  return count > 0 ? [`    … ${count} more`] : [];
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' · ');
}
