import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Commit } from '../../../src/engine/commit.ts';
import { Partition } from '../../../src/engine/partition.ts';
import type { NotedPosition } from '../../../src/model/delivery.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import { HandSource } from './engine-bench.ts';
import { HandClock, settle } from './support.ts';

/** A commit stage whose source is answered by hand. */
function setUp(partitions = 1) {
  const clock = new HandClock();
  const source = new HandSource(clock);
  const requests: {
    positions: readonly NotedPosition[];
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  source.commit = (positions) =>
    new Promise((resolve, reject) => requests.push({ positions, resolve, reject }));
  const told: ProbeEvent[] = [];
  const states = Array.from(
    { length: partitions },
    (_, partition) =>
      new Partition({ group: 'group', topic: 'topic', partition, epoch: 1, committed: null }, null),
  );
  let stored = 0;
  const commit = new Commit({
    group: { name: 'group', source },
    clock,
    probe: (event) => told.push(event),
    end: new AbortController().signal,
    partitions: () => states,
    stored: () => (stored += 1),
  });
  const finish = (offset: number, partition = 0): void => {
    const watermark = states[partition]?.watermark;
    watermark?.finish(watermark.begin(offset, null));
  };
  const answer = async (error?: EngineError): Promise<void> => {
    const request = requests.shift();
    if (error === undefined) request?.resolve();
    else request?.reject(error);
    await settle();
  };
  const offsets = (): number[][] => requests.map(({ positions }) => positions.map(({ offset }) => offset));
  return { clock, commit, states, told, finish, answer, offsets, stored: () => stored };
}

const FAILED = new EngineError('E_COMMIT_FAILED');

test('one commit is in flight at a time, and the next has what was finished meanwhile', async () => {
  const { commit, finish, answer, offsets } = setUp();
  finish(0);
  const first = commit.now();
  finish(1);
  const second = commit.now();
  void commit.soon();
  await settle();
  const inFlight = offsets();

  await answer();
  const next = offsets();
  await answer();

  assert.deepEqual([inFlight, next], [[[1]], [[2]]]);
  assert.deepEqual(await Promise.all([first, second]), [true, true]);
  assert.deepEqual(offsets(), []);
});

test('a commit that fails is told, changes nothing, and goes again with what there is then', async () => {
  const { commit, states, finish, answer, offsets, told, stored } = setUp();
  finish(0);
  const first = commit.now();
  await answer(FAILED);
  const after = [states[0]?.committed, states[0]?.position, stored()];
  finish(1);

  const second = commit.now();
  await settle();
  const again = offsets();
  await answer();

  assert.deepEqual([await first, await second], [false, true]);
  assert.deepEqual([after, again], [[0, null, 0], [[2]]]);
  assert.deepEqual(
    told.map(({ type }) => type),
    ['commit-failed', 'committed'],
  );
});

test('within its deadline a failing commit is tried again', async () => {
  const { commit, clock, finish, answer, offsets } = setUp();
  finish(0);
  const committed = commit.within(() => Math.max(0, 1000 - clock.monotonic()));
  for (let i = 0; i < 3; i++) {
    await answer(FAILED);
    await clock.advance(100);
  }

  const last = offsets();
  await answer();

  assert.deepEqual([last, await committed], [[[1]], true]);
});

test('a commit that never answers is given up at the deadline, and no second one is sent beside it', async () => {
  const { commit, clock, finish, offsets } = setUp();
  finish(0);
  const first = commit.within(() => Math.max(0, 500 - clock.monotonic()));
  finish(1);
  void commit.soon();
  await clock.advance(500);

  assert.equal(await first, false);
  assert.deepEqual(offsets(), [[1]]);
});

test('a partition that is being taken away is committed by its revoke alone, a fenced one by none', async () => {
  const { commit, states, finish, answer, offsets } = setUp(4);
  for (const partition of [0, 1, 2, 3]) finish(10 * partition, partition);
  const phases = ['active', 'stopped', 'revoking', 'fenced'] as const;
  states.forEach((state, i) => (state.phase = phases[i] ?? 'active'));

  const ours = commit.now();
  await settle();
  const ofOurs = offsets();
  await answer();
  const leaving = commit.now('leaving');
  await settle();
  const ofLeaving = offsets();
  await answer();

  assert.deepEqual([ofOurs, ofLeaving], [[[1, 11]], [[21]]]);
  assert.deepEqual([await ours, await leaving], [true, true]);
});

test('what was finished while a commit was under way counts as uncommitted until the next', async () => {
  const { commit, states, finish, answer, told } = setUp();
  finish(0);
  finish(1);
  void commit.now();
  finish(2);

  await answer();

  const committed = told.find((event) => event.type === 'committed');
  assert.deepEqual([states[0]?.committed, states[0]?.uncommitted], [2, 1]);
  assert.deepEqual([committed?.deliveries, committed?.partitions], [2, 1]);
});
