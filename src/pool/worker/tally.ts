/**
 * Counts over the findings of a batch, so that the main thread need not look into them. What comes
 * from outside is bounded: names are cut, and past a number of names they count as `other`.
 */
import type { GroupTally, Tally } from '../../model/batch.ts';
import type { IdentifiedFinding } from '../../wire/finding.ts';

const NAMES_MAX = 64;
const NAME_LENGTH_MAX = 64;
const TITLE_LENGTH_MAX = 200;

type Fields = Readonly<Record<string, unknown>>;

/** What is counted of one finding. */
export interface TallyEntry {
  readonly platform: string;
  readonly problems: readonly string[];
  /** Absent where it is in no group. */
  readonly group?: Omit<GroupTally, 'count'>;
  /** Its report was known. */
  readonly isRepeat?: boolean;
}

/** The entry of a finding, built in or of an analyzer of one's own. */
export function tallyEntry(finding: IdentifiedFinding): TallyEntry {
  const { platform, problems } = finding as Fields;
  const group = groupOf(finding as Fields);
  return {
    platform: nameOf(platform),
    problems: Array.isArray(problems) ? problems.map(codeOf) : [],
    ...(group && { group }),
  };
}

/** The entry of the same analysis under another envelope. */
export function repeatedEntry(entry: TallyEntry, platform: unknown): TallyEntry {
  return { ...entry, platform: nameOf(platform), isRepeat: true };
}

/** Sums entries. */
export function tallyOf(entries: readonly TallyEntry[]): Tally {
  const platforms = new Map<string, number>();
  const problems = new Map<string, number>();
  const groups = new Map<string, Omit<GroupTally, 'count'> & { count: number }>();
  let repeats = 0;
  for (const entry of entries) {
    if (entry.isRepeat === true) repeats += 1;
    count(platforms, entry.platform);
    for (const problem of entry.problems) count(problems, problem);
    if (entry.group === undefined) continue;
    const known = groups.get(entry.group.group);
    if (known === undefined) groups.set(entry.group.group, { ...entry.group, count: 1 });
    else known.count += 1;
  }
  return {
    platforms: Object.fromEntries(platforms),
    problems: Object.fromEntries(problems),
    groups: [...groups.values()],
    repeats,
  };
}

function groupOf({ group, signature, kind }: Fields): Omit<GroupTally, 'count'> | undefined {
  if (typeof group !== 'string' || (kind !== 'crash' && kind !== 'lag')) return undefined;
  const title = typeof signature === 'string' ? signature : '';
  return { group: group.slice(0, NAME_LENGTH_MAX), title: title.slice(0, TITLE_LENGTH_MAX), kind };
}

function codeOf(problem: unknown): string {
  return nameOf((problem as Fields | null)?.['code']);
}

function nameOf(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value.slice(0, NAME_LENGTH_MAX) : 'unknown';
}

function count(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < NAMES_MAX ? name : 'other';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
