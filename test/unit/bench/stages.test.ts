import assert from 'node:assert/strict';
import type { Profiler } from 'node:inspector';
import { test } from 'node:test';
import { summary } from '../../../bench/sampling.ts';
import { stageShares, workerShares } from '../../../bench/stages.ts';

const RUNNER = 'file:///p/src/pool/worker/runner.ts';
const DECODE = 'file:///p/src/wire/event.ts';
const ANALYSIS = 'file:///p/src/analysis/crash/analyze.ts';

/** A profile with one function of 1 ms for each entry: name, file and the index of the one that called it. */
function profile(
  ...functions: readonly (readonly [name: string, url: string, parent?: number])[]
): Profiler.Profile {
  const nodes = functions.map(([functionName, url], i) => ({
    id: i + 1,
    callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 },
    children: functions.flatMap(([, , parent], child) => (parent === i ? [child + 1] : [])),
  }));
  const samples = nodes.map(({ id }) => id);
  return { nodes, samples, timeDeltas: samples.map(() => 1000), startTime: 0, endTime: 1 };
}

test('what the runtime does for a function is of its stage; idle time is of none', () => {
  const shares = workerShares([
    profile(
      ['run', RUNNER],
      ['decodeEvent', DECODE, 0],
      ['parse', 'node:internal/json', 1],
      ['analyzeCrash', ANALYSIS, 0],
      ['(garbage collector)', ''],
      ['(idle)', ''],
    ),
  ]);

  assert.deepEqual(shares, { 'hand-over': 0.2, decode: 0.4, analyse: 0.2, encode: 0, gc: 0.2, other: 0 });
});

test('a module of an analyzer is analysis wherever it lies', () => {
  const shares = workerShares([profile(['run', RUNNER], ['find', 'file:///p/test/fixtures/small.ts', 0])]);

  assert.equal(shares.analyse, 0.5);
});

test('the profiles of all workers count as one', () => {
  const shares = workerShares([
    profile(['a', DECODE]),
    profile(['b', DECODE], ['c', ANALYSIS], ['d', ANALYSIS]),
  ]);

  assert.equal(shares.decode, 0.5);
});

test('a profile without samples has no shares, and no figures that are none', () => {
  const shares = stageShares(profile());

  assert.deepEqual(Object.values(shares), [0, 0, 0, 0, 0, 0, 0, 0]);
});

test('allocated bytes are those of all threads of a kind, per event', () => {
  const cpu = profile();

  const { main, workers, publisher } = summary(
    [
      { thread: 'main', cpu, allocatedBytes: 1000 },
      { thread: 'worker', cpu, allocatedBytes: 3000 },
      { thread: 'worker', cpu, allocatedBytes: 5000 },
    ],
    10,
  );

  assert.equal(main.allocatedBytesPerEvent, 100);
  assert.equal(workers.allocatedBytesPerEvent, 800);
  assert.equal(publisher, null);
});
