/** What `bench:compare` is asked for, from its arguments. Pure. */
import { parseArgs } from 'node:util';
import { PAIRS_MIN } from './ratio.ts';

/** What is asked for. */
export interface Wish {
  readonly a: string;
  readonly b: string;
  readonly pairs: number;
  /** Both runs of a pair at the same time, instead of one after the other. */
  readonly areConcurrent: boolean;
  /** Where to keep all results. */
  readonly json: string | undefined;
  /** Flags of the bench. */
  readonly flags: readonly string[];
}

/** What a section is run with where nothing is said: short, for there are many runs. */
const FLAGS_OF: Readonly<Record<string, readonly string[]>> = {
  engine: ['--threads', '1', '--engine-count', '200000'],
};

/** Arguments after `--` are the bench's. Throws TypeError with one sentence when they make no sense. */
export function wishOf(args: readonly string[]): Wish {
  const border = args.includes('--') ? args.indexOf('--') : args.length;
  const { values, positionals } = parseArgs({
    args: args.slice(0, border),
    options: {
      only: { type: 'string', default: 'engine' },
      pairs: { type: 'string', default: '7' },
      concurrent: { type: 'boolean', default: true },
      json: { type: 'string' },
    },
    allowPositionals: true,
    allowNegative: true,
  });
  const [a, b] = positionals;
  if (a === undefined || b === undefined || positionals.length > 2) {
    throw new TypeError(`it takes two revisions, not ${positionals.length}`);
  }
  const pairs = Number(values.pairs);
  if (!Number.isSafeInteger(pairs) || pairs < PAIRS_MIN) {
    throw new TypeError(`--pairs takes a whole number of at least ${PAIRS_MIN}, not ${values.pairs}`);
  }
  const flags = ['--only', values.only, ...(FLAGS_OF[values.only] ?? []), ...args.slice(border + 1)];
  return { a, b, pairs, areConcurrent: values.concurrent, json: values.json, flags };
}
