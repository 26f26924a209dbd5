/** The simulated world against the engine, its ports' chance and clock, and the bugs it must find. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { ProcessClock, VirtualClock } from './clock.ts';
import type { Bug } from './mutants/bugs.ts';
import { BUGS } from './mutants/bugs.ts';
import { finds, hunt } from './mutants/hunt.ts';
import { SimRandom } from './random.ts';
import { DRAWING, KEPT_RUNS, parseRun, runName } from './seeds.ts';
import { runMany, runOne, runTwice } from './many.ts';
import type { FactName, SimResult } from './world.ts';

const SEEDS = 400;
const RERUN_EVERY = 40;
const BUG_SEEDS = 200;
/** Facts that only a fault makes. */
const DEALT: readonly FactName[] = [
  'killed',
  'exited',
  'failed',
  'drain-asked',
  'stopped',
  'lost',
  'let-go',
  'assigned-again',
  'assigned-while-leaving',
  'group-lost',
  'rival-stored',
  'pull-failed',
  'commit-failed',
  'commit-hangs',
  'metadata-lost',
  'thread-lost',
  'pool-rubbish',
  'sink-silent',
  'sink-stands',
  'resize-failed',
  'transact-failed',
  'mended',
];

function run(seed: number, onLine?: (line: string) => void): Promise<SimResult> {
  return runOne({ seed, drawing: DRAWING }, onLine);
}

/** By the seed that found it before, which is enough; else by the first {@link BUG_SEEDS}. */
async function isFound(bug: Bug): Promise<boolean> {
  const atOnce = bug.seed <= BUG_SEEDS && (await hunt(bug, { from: bug.seed, seedsMax: 1 })).seeds !== null;
  return atOnce || (await hunt(bug, { from: 1, seedsMax: BUG_SEEDS })).seeds !== null;
}

test(`the promises hold under the chaos of ${SEEDS} seeds, and every kind of fault was dealt`, async () => {
  const seeds = { from: 1, count: SEEDS, rerunShare: 0 };

  const { failure, counts } = await runMany(seeds, availableParallelism());

  assert.equal(failure, null, 'replay with make sim SEED=');
  assert.deepEqual(
    DEALT.filter((name) => counts[name] === undefined),
    [],
  );
});

test('the promises hold in the runs that have found something before', async () => {
  for (const run of KEPT_RUNS) {
    const { failure } = await runTwice(run, false);

    assert.equal(failure, null, `${runName(run)}: ${run.found}`);
  }
});

test('a kept run still finds what it was kept for', async () => {
  for (const run of KEPT_RUNS) {
    const bug = BUGS.find(({ name }) => name === run.bug);

    assert.equal(bug?.name ?? null, run.bug);
    if (bug !== undefined) assert.ok(await finds(bug, run), `${runName(run)} misses ${bug.name}`);
  }
});

test('however many processes run the seeds, the first that breaks a rule is told', async () => {
  const seeds = { from: 1, count: 30, rerunShare: 0 };

  const one = await runMany(seeds, 1);
  const two = await runMany(seeds, 2);

  assert.deepEqual(two, one);
});

test('a run is named by its seed, and by its drawing where that is an older one', () => {
  const runs = ['42', '8@1', `8@${DRAWING}`, `8@${DRAWING + 1}`, '8@0', '-1', ''].map(parseRun);

  assert.deepEqual(runs, [
    { seed: 42, drawing: DRAWING },
    { seed: 8, drawing: 1 },
    { seed: 8, drawing: DRAWING },
    null,
    null,
    null,
    null,
  ]);
  assert.equal(runName({ seed: 8, drawing: 1 }), '8@1');
});

test('the same seed gives the same trace, byte for byte', async () => {
  for (let seed = 1; seed <= SEEDS; seed += RERUN_EVERY) {
    const first: string[] = [];
    const second: string[] = [];

    const one = await run(seed, (line) => first.push(line));
    const other = await run(seed, (line) => second.push(line));

    assert.deepEqual(second, first);
    assert.equal(other.hash, one.hash);
  }
});

test('different seeds give different traces', async () => {
  const hashes = new Set<string>();

  for (let seed = 1; seed <= 10; seed++) hashes.add((await run(seed)).hash);

  assert.equal(hashes.size, 10);
});

test(`every planted bug is found within ${BUG_SEEDS} seeds`, async () => {
  const left = [...BUGS];
  const missed: string[] = [];
  const work = async (): Promise<void> => {
    for (let bug = left.shift(); bug !== undefined; bug = left.shift()) {
      if (!(await isFound(bug))) missed.push(bug.name);
    }
  };

  await Promise.all(Array.from({ length: availableParallelism() }, work));

  assert.deepEqual(missed, []);
});

test('a bug whose text is not in the engine is an error, not a bug that was not found', async () => {
  const bug = { name: 'no-such-bug', seed: 1, does: '', file: 'src/engine/engine.ts', find: '', replace: '' };

  await assert.rejects(hunt(bug, { from: 1, seedsMax: 1 }), /SIM_BUG=no-such-bug is none of/);
});

test('what was due while a process stood still happens when it runs again, in its old order', () => {
  const clock = new VirtualClock();
  const process = new ProcessClock(clock);
  const ran: string[] = [];
  process.schedule(30, () => ran.push(`late ${clock.monotonic()}`));
  process.schedule(10, () => ran.push(`early ${clock.monotonic()}`));
  clock.schedule(20, () => ran.push(`outside ${clock.monotonic()}`));

  process.standStill(50);
  while (clock.step());

  assert.deepEqual(ran, ['outside 20', 'early 50', 'late 50']);
});

test('events run in the order of their times, and at one time in the order they were made', () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const random = new SimRandom('order');
  const times = Array.from({ length: 200 }, () => random.int(0, 20));

  for (const [index, time] of times.entries()) clock.schedule(time, () => ran.push(`${time}:${index}`));
  while (clock.step());

  const sorted = times
    .map((time, index) => ({ time, index }))
    .toSorted((a, b) => a.time - b.time || a.index - b.index);
  assert.deepEqual(
    ran,
    sorted.map(({ time, index }) => `${time}:${index}`),
  );
});

test('nothing that an ended process had scheduled happens', () => {
  const clock = new VirtualClock();
  const process = new ProcessClock(clock);
  let ran = 0;
  process.schedule(5, () => (ran += 1));
  clock.schedule(3, () => process.end());

  while (clock.step());
  process.schedule(1, () => (ran += 1));
  while (clock.step());

  assert.equal(ran, 0);
});

test('a cancelled event does not happen and takes no step', () => {
  const clock = new VirtualClock();
  let ran = 0;
  const cancel = clock.schedule(5, () => (ran += 1));

  cancel();

  assert.equal(clock.step(), false);
  assert.equal(ran, 0);
});

test('a stream of chance depends on its name and not on the use of others', () => {
  const used = new SimRandom('seed');
  for (let i = 0; i < 100; i++) used.next();

  const after = used.child('sink');
  const fresh = new SimRandom('seed').child('sink');

  assert.equal(after.next(), fresh.next());
  assert.notEqual(new SimRandom('seed').child('sink').next(), new SimRandom('seed').child('source').next());
});

test('a stream of chance is even: a tenth of the draws in each tenth of the range', () => {
  const random = new SimRandom('even');
  const tenths = new Array<number>(10).fill(0);

  for (let i = 0; i < 100_000; i++) {
    const tenth = random.int(0, 9);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }

  for (const count of tenths) assert.ok(count > 9_500 && count < 10_500, `${count} of 10,000 expected`);
});
