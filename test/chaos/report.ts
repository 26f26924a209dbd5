/** What a chaos run says at its end: what breaks a promise, and one table of its figures. */
import type { Verdict } from './ledger.ts';

/** How a life of the engine ended: with exit code 0, with another one, or by a signal. */
export type EndKind = 'ordered' | 'stopped' | 'killed';

/** A second signal, which ends it with 130 or 143, is as good as a kill. */
export function endKind(code: number | null): EndKind {
  if (code === null || code > 128) return 'killed';
  return code === 0 ? 'ordered' : 'stopped';
}

/** One mode of a run, as it is judged. */
export interface Judged {
  readonly mode: 'at-least-once' | 'exactly-once';
  /** What the engine did and must not. */
  readonly faults: readonly string[];
  /** Of each life of the engine, how it ended. */
  readonly ends: ReadonlyMap<number, EndKind>;
  /** Faults that were dealt, by kind. */
  readonly dealt: ReadonlyMap<string, number>;
  /** It was brought to its end; else it cannot be told what was lost. */
  readonly isWhole: boolean;
  /** How much of what a life has written may be seen twice, at least once. */
  readonly mayRepeat: (life: number) => number;
  /** What was fed against what the log has. */
  readonly log: Verdict;
  /** What the log has against what the engine made of it. */
  readonly engine: Verdict;
}

/** What breaks a promise, a sentence each; nothing where all is well. */
export function findings({ mode, faults, ends, isWhole, mayRepeat, log, engine }: Judged): string[] {
  const told: string[] = [...faults];
  const add = (what: string, ids: readonly string[]): void =>
    void told.push(...ids.map((id) => `${what}: ${id}`));
  if (isWhole) add('acknowledged, and not in the log', log.lost);
  add('in the log, and fed by nobody', log.unknown);
  add('out of order in the log', log.disordered);
  if (log.duplicates > 0) told.push(`${log.duplicates} stand twice in the log, though they were fed once`);
  if (isWhole) add('lost', engine.lost);
  add('came out, and was never put in', engine.unknown);
  add('out of order', engine.disordered);
  add('misjudged', engine.misjudged);
  add('came out twice in one life', engine.stuttered);
  if (mode === 'exactly-once' && engine.duplicates > 0) told.push(`${engine.duplicates} repeated`);
  for (const [life, count] of engine.duplicatesByLife) {
    const max = mayRepeat(life);
    const end = ends.get(life) ?? 'killed';
    if (count > max) told.push(`${count} of life ${life}, which was ${end}, repeated: at most ${max} may be`);
  }
  return told.map((what) => `${mode}: ${what}`);
}

/** Faults and figures, a column for each mode. */
export function table(kinds: readonly string[], judged: readonly Judged[]): string {
  const row = (name: string, of: (each: Judged) => number): readonly string[] => [
    name,
    ...judged.map((each) => of(each).toLocaleString('en')),
  ];
  const most = ({ duplicatesByLife }: Verdict): number => Math.max(0, ...duplicatesByLife.values());
  const ended = ({ ends }: Judged, kind: EndKind): number =>
    [...ends.values()].filter((each) => each === kind).length;
  const rows = [
    ['', ...judged.map(({ mode }) => mode)],
    ...kinds.map((kind) => row(`dealt: ${kind}`, ({ dealt }) => dealt.get(kind) ?? 0)),
    row('ends: in order', (each) => ended(each, 'ordered')),
    row('ends: stopped', (each) => ended(each, 'stopped')),
    row('ends: killed', (each) => ended(each, 'killed')),
    row('events', ({ engine }) => engine.events),
    row('dead letters due', ({ engine }) => engine.deadLetters),
    row('lost', ({ isWhole, engine, log }) => (isWhole ? engine.lost.length + log.lost.length : NaN)),
    row('disordered', ({ engine, log }) => engine.disordered.length + log.disordered.length),
    row('misjudged', ({ engine }) => engine.misjudged.length),
    row('repeated', ({ engine }) => engine.duplicates),
    row('repeated by one end, at most', ({ engine }) => most(engine)),
    row('other faults', ({ faults }) => faults.length),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
