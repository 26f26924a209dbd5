import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { Group } from '../../../../src/transport/log/groups.ts';
import type { RetentionPolicy } from '../../../../src/transport/log/trim.ts';
import { numbered, numbers, sorted, upTo } from '../../../contract/records.ts';
import type { FlakyLog } from '../../../helpers/log.ts';
import { openFlakyLog, readAll } from '../../../helpers/log.ts';

const LISTENER = { assigned: (): void => {}, revoked: async (): Promise<void> => {} };
const KEEP: RetentionPolicy = { ageMs: 0, bytes: 0, uncommitted: 'keep' };
/** Removes everything that may go. */
const ALL: RetentionPolicy = { ...KEEP, bytes: 1 };
const FIRST_MS = numbered(1)[0]?.timestampMs ?? 0;

let log: FlakyLog;
beforeEach(async () => {
  log = await openFlakyLog({ partitions: 1 });
});
afterEach(() => log.close());

/** Blocks of ten records each: 0 … 9, 10 … 19, and so on. */
async function appendBlocks(count: number, topic = 't'): Promise<void> {
  for (const i of upTo(count)) await log.store.append(topic, numbered(10, 1, 10 * i));
}

/** A group with a position in the first partition. */
async function commit(group: string, offset: number): Promise<void> {
  await new Group(log.environment, group).commit([{ topic: 't', partition: 0, offset, metadata: '' }]);
}

async function left(): Promise<readonly number[]> {
  return sorted(numbers(await readAll(log.store, 't')));
}

/** No block without its entry, and the tails count what is there. */
function assertWhole(): void {
  log.environment.refresh();
  const { blocks, index } = log.environment.tables;
  assert.equal(blocks.getKeysCount({}), index.getKeysCount({}));
  for (const { partitions } of log.store.topics()) {
    for (const { start, end, records } of partitions) assert.equal(records, end - start);
  }
}

test('without limits nothing is removed', async () => {
  await appendBlocks(3);

  const report = await log.store.trim(KEEP, { nowMs: Number.MAX_SAFE_INTEGER });

  assert.deepEqual(report, { removed: [], held: [] });
  assert.deepEqual(await left(), upTo(30));
});

test('a block goes when its newest record is older than the age, and whole', async () => {
  await appendBlocks(5);
  const before = log.store.topics()[0]?.bytes ?? 0;

  // The block 20 … 29 ends at an age of 6.
  const report = await log.store.trim({ ...KEEP, ageMs: 6 }, { nowMs: FIRST_MS + 35 });
  const again = await log.store.trim({ ...KEEP, ageMs: 6 }, { nowMs: FIRST_MS + 35 });

  const bytes = before - (log.store.topics()[0]?.bytes ?? 0);
  assert.deepEqual(report.removed, [{ topic: 't', partition: 0, records: 20, bytes, start: 20 }]);
  assert.deepEqual(again.removed, []);
  assert.deepEqual(await left(), upTo(50).slice(20));
  assertWhole();
});

test('the oldest blocks go until a partition holds no more than its bytes', async () => {
  await appendBlocks(5);
  const block = (log.store.topics()[0]?.bytes ?? 0) / 5;

  await log.store.trim({ ...KEEP, bytes: 2.5 * block });

  assert.deepEqual(await left(), upTo(50).slice(30));
  assertWhole();
});

test('when everything is removed the offsets go on', async () => {
  await appendBlocks(2);
  await log.store.trim(ALL);

  const empty = log.store.topics()[0]?.partitions[0];
  await appendBlocks(1);

  assert.deepEqual(empty, { partition: 0, start: 20, end: 20, records: 0, bytes: 0 });
  assert.deepEqual(
    (await readAll(log.store, 't')).map(({ offset }) => offset),
    upTo(30).slice(20),
  );
});

test('what the slowest group has not committed is kept, and the report names it', async () => {
  await appendBlocks(4);
  await commit('fast', 40);
  await commit('slow', 25);
  await commit('zero-of-another-name', 33);

  const kept = await log.store.trim(ALL);
  await commit('slow', 40);
  const later = await log.store.trim(ALL);

  assert.equal(kept.removed[0]?.start, 20);
  assert.deepEqual(kept.held, [{ topic: 't', partition: 0, group: 'slow', offset: 25 }]);
  assert.deepEqual(later.held, [{ topic: 't', partition: 0, group: 'zero-of-another-name', offset: 33 }]);
  assert.deepEqual(await left(), upTo(40).slice(30));
});

test('a position in another topic or partition holds nothing', async () => {
  await appendBlocks(2);
  await appendBlocks(2, 'other');
  await new Group(log.environment, 'g').commit([
    { topic: 'other', partition: 0, offset: 0, metadata: '' },
    { topic: 't', partition: 1, offset: 0, metadata: '' },
  ]);

  const { removed } = await log.store.trim(ALL);

  assert.deepEqual(
    removed.map(({ topic, records }) => [topic, records]),
    [['t', 20]],
  );
});

test('told to, it drops what is not committed', async () => {
  await appendBlocks(3);
  await commit('g', 0);

  const report = await log.store.trim({ ...ALL, uncommitted: 'drop' });

  assert.deepEqual([report.removed[0]?.records, report.held], [30, []]);
  assert.equal(log.store.groups()[0]?.positions[0]?.lag, 0);
});

test('a group that comes between the look and the removal keeps what it will read', async () => {
  await appendBlocks(3);

  const [report] = await Promise.all([log.store.trim(ALL), commit('g', 12)]);

  // In the order of the calls the look is first, and both write in one turn: either may be first there.
  const start = report.removed[0]?.start ?? 0;
  assert.ok(start === 10 || start === 30, `${start}`);
  assertWhole();
});

test('more blocks than go into a transaction are removed in several; a signal ends it in between', async () => {
  await appendBlocks(600);
  const controller = new AbortController();
  let transactions = 0;
  log.loses = () => {
    transactions += 1;
    if (transactions === 2) controller.abort();
    return false;
  };

  const first = await log.store.trim(ALL, { signal: controller.signal });
  const between = transactions;
  await log.store.trim(ALL);

  assert.equal(between, 2);
  assert.equal(first.removed[0]?.records, 5120);
  assert.deepEqual(await left(), []);
  assertWhole();
});

test('a transaction that fails is coded and removes nothing; the next trim does', async () => {
  await appendBlocks(3);
  log.loses = () => true;

  await assert.rejects(log.store.trim(ALL), { code: 'E_LOG_FULL' });
  const between = await left();
  log.loses = () => false;
  await log.store.trim(ALL);

  assert.deepEqual(between, upTo(30));
  assert.deepEqual(await left(), []);
});

test('a reader that stands in what is removed goes on at the first record left, read ahead or not', async () => {
  await appendBlocks(20);
  const source = log.store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open(LISTENER);
  const limit = { bytesMax: 1 << 20, waitMs: 0, paused: () => false, signal: new AbortController().signal };
  const first = numbers(await source.pull({ ...limit, deliveriesMax: 5 }));

  const { bytes = 0, records = 1 } = log.store.topics()[0] ?? {};
  const trim = log.store.trim({ ageMs: 0, bytes: (bytes / records) * 55, uncommitted: 'drop' });
  const ahead = [];
  for (let pulled = first; pulled.length > 0 || ahead.length === 0;) {
    pulled = numbers(await source.pull({ ...limit, deliveriesMax: 7 }));
    ahead.push(...pulled);
  }
  await trim;

  assert.deepEqual(first, upTo(5));
  assert.deepEqual(sorted(ahead), ahead);
  assert.deepEqual(ahead.slice(-50), upTo(200).slice(150));
  assert.deepEqual(
    (await source.backlog()).map(({ deliveries }) => deliveries),
    [0],
  );
  await source.close();
});

test('the backlog and the lag count only what is still there', async () => {
  await appendBlocks(4);
  const source = log.store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open(LISTENER);

  const before = await source.backlog();
  await log.store.trim({ ageMs: 5, bytes: 0, uncommitted: 'drop' }, { nowMs: FIRST_MS + 30 });
  const after = await source.backlog();

  assert.deepEqual([before[0]?.deliveries, after[0]?.deliveries], [40, 20]);
  assert.equal(log.store.groups()[0]?.positions[0]?.lag, 20);
  await source.close();
});

test('an entry whose block is missing is damage, not retention', async () => {
  await appendBlocks(2);
  const { blocks } = log.environment.tables;
  for (const key of [...blocks.getKeys({})].slice(0, 1)) blocks.removeSync(key);

  await assert.rejects(left(), { code: 'E_LOG_CORRUPT', message: /offset 0 of partition 0/ });
});

/** What the model is put through. */
type Step =
  | { readonly type: 'append'; readonly count: number }
  | { readonly type: 'commit'; readonly group: string; readonly part: number }
  | { readonly type: 'trim'; readonly blocks: number; readonly uncommitted: 'keep' | 'drop' }
  | { readonly type: 'age'; readonly blocks: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('append' as const), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    type: fc.constant('commit' as const),
    group: fc.constantFrom('a', 'ab', 'b'),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({
    type: fc.constant('trim' as const),
    blocks: fc.integer({ min: 0, max: 5 }),
    uncommitted: fc.constantFrom('keep' as const, 'drop' as const),
  }),
  fc.record({ type: fc.constant('age' as const), blocks: fc.integer({ min: 0, max: 5 }) }),
);

/** A partition as one would write it down: blocks of `[base, count]`. */
class Model {
  blocks: { readonly base: number; readonly count: number }[] = [];
  readonly positions = new Map<string, number>();
  end = 0;

  append(count: number): void {
    this.blocks.push({ base: this.end, count });
    this.end += count;
  }

  /** Removes while more than `blocksMax` are left. */
  trim(blocksMax: number, uncommitted: 'keep' | 'drop'): void {
    const floor = uncommitted === 'drop' ? Infinity : Math.min(...this.positions.values());
    while (this.blocks.length > blocksMax) {
      const [first] = this.blocks;
      if (first === undefined || first.base + first.count > floor) return;
      this.blocks.shift();
    }
  }

  get offsets(): readonly number[] {
    return this.blocks.flatMap(({ base, count }) => upTo(count).map((i) => base + i));
  }
}

test('whatever is appended, committed and trimmed, what can be read is what a naive model holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const own = await openFlakyLog({ partitions: 1 });
      const model = new Model();
      try {
        for (const each of steps) await take(each, own, model);

        const read = await readAll(own.store, 't');
        const [topic] = own.store.topics();
        assert.deepEqual(
          read.map(({ offset }) => offset),
          model.offsets,
        );
        assert.deepEqual(numbers(read), model.offsets);
        assert.equal(topic?.records ?? 0, model.offsets.length);
        assert.equal(topic?.partitions[0]?.end ?? 0, model.end);
        assert.equal(own.environment.tables.blocks.getKeysCount({}), model.blocks.length);
        for (const { name, positions } of own.store.groups()) {
          const from = model.positions.get(name) ?? 0;
          assert.equal(positions[0]?.lag, model.offsets.filter((offset) => offset >= from).length, name);
        }
      } finally {
        await own.close();
      }
    }),
    { numRuns: 25 },
  );
});

async function take(each: Step, { store, environment }: FlakyLog, model: Model): Promise<void> {
  switch (each.type) {
    case 'append': {
      await store.append('t', numbered(each.count, 1, model.end));
      model.append(each.count);
      return;
    }
    case 'commit': {
      const offset = Math.floor(each.part * model.end);
      await new Group(environment, each.group).commit([{ topic: 't', partition: 0, offset, metadata: '' }]);
      model.positions.set(each.group, offset);
      return;
    }
    case 'trim': {
      // Bytes that exactly so many of the newest blocks have.
      const { bytes } = store.topics()[0] ?? { bytes: 0 };
      if (bytes === 0 || each.blocks === 0) return;
      const sizes = [...environment.tables.index.getRange({})].map(({ value }) => value.readUInt32LE(16));
      const kept = sizes.slice(-each.blocks).reduce((sum, size) => sum + size, 0);
      await store.trim({ ageMs: 0, bytes: kept, uncommitted: each.uncommitted });
      model.trim(each.blocks, each.uncommitted);
      return;
    }
    case 'age': {
      // As old as the last record of the block before those that stay.
      const oldest = model.blocks.at(-1 - each.blocks);
      if (oldest === undefined) return;
      const nowMs = FIRST_MS + oldest.base + oldest.count + 1000;
      await store.trim({ ageMs: 1000, bytes: 0, uncommitted: 'keep' }, { nowMs });
      model.trim(each.blocks, 'keep');
      return;
    }
  }
}
