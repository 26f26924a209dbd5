/**
 * What every {@link Transactions} keeps, whatever stands behind it.
 *
 * A transport takes part by a harness: how to make transactions and the sources of the groups that
 * they belong to, how to see what was written, how to end; and where it can, how to make its writes
 * fail for a while.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Assignment, NotedPosition, Publication } from '../../src/model/delivery.ts';
import { METADATA_BYTES_MAX } from '../../src/model/delivery.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import type { Source } from '../../src/ports/source.ts';
import type { Transactions } from '../../src/ports/transactions.ts';
import {
  AWKWARD,
  assertKeyOrder,
  content,
  numbered,
  numbers,
  publications,
  sorted,
  upTo,
} from './records.ts';
import type { SinkHarness } from './sink.ts';
import type { SourceHarness } from './source.ts';

/** One transport, empty, for one test. */
export interface TransactionsHarness
  extends SourceHarness, Pick<SinkHarness, 'written' | 'recordBytesMax' | 'interrupt'> {
  transactions(): Transactions;
}

const INPUT = 'events';
const FINDINGS = 'findings';
const DEAD_LETTERS = 'dead-letters';
const GROUP = 'group';

/** What a group has stored of a partition. */
type StoredPosition = NonNullable<Assignment['committed']>;
const NOTHING: StoredPosition = { offset: 0, metadata: '' };

/** Registers the suite. */
export function transactionsContract(name: string, make: () => Promise<TransactionsHarness>): void {
  const guarantee = (
    promise: string,
    body: (harness: TransactionsHarness, skip: (why: string) => void) => Promise<void>,
  ): void => {
    test(promise, async (context) => {
      const harness = await make();
      try {
        await harness.append(INPUT, numbered(40));
        await body(harness, (why) => context.skip(why));
      } finally {
        await harness.close();
      }
    });
  };

  describe(`${name} as transactions`, () => {
    guarantee(
      'findings, dead letters and positions are written; a source that is opened later is told the positions and their metadata',
      async (harness) => {
        const source = await reading(harness);
        const transactions = harness.transactions();

        const results = await transactions.transact({
          group: GROUP,
          positions: [at(0, 5, 'a note'), at(3, 7)],
          publications: [...batch(20), ...publications(DEAD_LETTERS, numbered(3))],
        });

        assertTaken(results, 23);
        await transactions.close();
        await source.close();
        assert.deepEqual(sorted(numbers(await harness.written(FINDINGS))), upTo(20));
        assert.deepEqual(sorted(numbers(await harness.written(DEAD_LETTERS))), upTo(3));
        assert.deepEqual(await committed(harness), [
          { offset: 5, metadata: 'a note' },
          NOTHING,
          NOTHING,
          { offset: 7, metadata: '' },
        ]);
      },
    );

    guarantee('reading goes on at the positions of the last transaction', async (harness) => {
      const source = await reading(harness);
      const transactions = harness.transactions();
      const ends = (await source.backlog()).map(({ partition, deliveries }) => at(partition, deliveries));

      await transactions.transact({ group: GROUP, positions: ends.map(half), publications: batch(1) });
      await transactions.transact({ group: GROUP, positions: ends, publications: batch(1, 1) });
      await transactions.close();
      await source.close();

      const again = await reading(harness);
      assert.deepEqual(
        (await again.backlog()).map(({ deliveries }) => deliveries),
        [0, 0, 0, 0],
      );
      await again.close();
    });

    guarantee(
      'null and empty keys, empty values, binary bytes, headers and times are written unchanged',
      async (harness) => {
        const source = await reading(harness);
        const transactions = harness.transactions();
        const given = publications(FINDINGS, AWKWARD);

        assertTaken(await transactions.transact({ group: GROUP, positions: [], publications: given }));

        const comparable = (all: readonly Parameters<typeof content>[0][]): Set<string> =>
          new Set(all.map((each) => JSON.stringify(content(each))));
        assert.deepEqual(comparable(await harness.written(FINDINGS)), comparable(given));
        await transactions.close();
        await source.close();
      },
    );

    guarantee('publications are in order, within a transaction and from one to the next', async (harness) => {
      const source = await reading(harness);
      const transactions = harness.transactions();

      for (const i of upTo(20)) {
        const publications = batch(25, i * 25);
        assertTaken(await transactions.transact({ group: GROUP, positions: [at(0, i + 1)], publications }));
      }

      const written = await harness.written(FINDINGS);
      assert.deepEqual(sorted(numbers(written)), upTo(500));
      assertKeyOrder(written);
      await transactions.close();
      await source.close();
    });

    guarantee('positions alone are a transaction, and so is nothing', async (harness) => {
      const source = await reading(harness);
      const transactions = harness.transactions();

      const none = await transactions.transact({ group: GROUP, positions: [at(1, 3)], publications: [] });
      const nothing = await transactions.transact({ group: GROUP, positions: [], publications: [] });

      assert.deepEqual([none, nothing], [[], []]);
      await transactions.close();
      await source.close();
      assert.deepEqual((await committed(harness))[1], { offset: 3, metadata: '' });
    });

    guarantee('thousands of publications of several megabytes are one transaction', async (harness) => {
      const source = await reading(harness);
      const transactions = harness.transactions();
      const padding = Buffer.alloc(1200, 'x');
      const publications = batch(5000).map((each): Publication => ({
        ...each,
        headers: [['padding', padding]],
      }));
      const positions = upTo(4).map((partition) => at(partition, 9, 'n'.repeat(METADATA_BYTES_MAX)));

      assertTaken(await transactions.transact({ group: GROUP, positions, publications }), 5000);

      await transactions.close();
      await source.close();
      const written = await harness.written(FINDINGS);
      assert.deepEqual(sorted(numbers(written)), upTo(5000));
      assertKeyOrder(written);
      assert.deepEqual(
        (await committed(harness)).map(({ metadata }) => metadata.length),
        new Array(4).fill(METADATA_BYTES_MAX),
      );
    });

    guarantee(
      'when one publication is refused for good nothing is written; the others may be tried again, and are taken then',
      async (harness, skip) => {
        if (harness.recordBytesMax === null) return skip('it refuses nothing');
        const source = await reading(harness);
        const transactions = harness.transactions();
        const large: Publication = {
          topic: DEAD_LETTERS,
          key: null,
          value: Buffer.alloc(harness.recordBytesMax + 1),
          headers: [],
          timestampMs: 1,
        };
        const positions = [at(0, 4)];

        const refused = await transactions.transact({
          group: GROUP,
          positions,
          publications: [...batch(2), large, ...batch(2, 2)],
        });
        const writtenThen = [await harness.written(FINDINGS), await harness.written(DEAD_LETTERS)];
        const taken = await transactions.transact({ group: GROUP, positions, publications: batch(4) });

        assert.deepEqual(
          refused.map((result) => result?.retriable),
          [true, true, false, true, true],
        );
        assert.deepEqual(writtenThen, [[], []]);
        assertTaken(taken, 4);
        assert.deepEqual(sorted(numbers(await harness.written(FINDINGS))), upTo(4));
        await transactions.close();
        await source.close();
      },
    );

    guarantee('a refused transaction leaves the positions where they were', async (harness, skip) => {
      if (harness.recordBytesMax === null) return skip('it refuses nothing');
      const source = await reading(harness);
      const transactions = harness.transactions();
      const [one] = batch(1);
      assert.ok(one !== undefined);
      const large = { ...one, value: Buffer.alloc(harness.recordBytesMax + 1) };
      await transactions.transact({ group: GROUP, positions: [at(0, 4, 'kept')], publications: [] });

      await transactions.transact({ group: GROUP, positions: [at(0, 6), at(1, 6)], publications: [large] });

      await transactions.close();
      await source.close();
      assert.deepEqual(await committed(harness), [
        { offset: 4, metadata: 'kept' },
        NOTHING,
        NOTHING,
        NOTHING,
      ]);
    });

    guarantee(
      'a failure for now is a retriable rejection and writes nothing; the same tried again is written once',
      async (harness, skip) => {
        if (harness.interrupt === null) return skip('it cannot be made to fail');
        const source = await reading(harness);
        const transactions = harness.transactions();
        const first = { group: GROUP, positions: [at(0, 2)], publications: batch(10) };
        const second = { group: GROUP, positions: [at(0, 4), at(1, 4)], publications: batch(10, 10) };
        assertTaken(await transactions.transact(first));

        const restore = harness.interrupt();
        await assert.rejects(transactions.transact(second), { name: 'EngineError', retriable: true });
        restore();
        const writtenThen = numbers(await harness.written(FINDINGS));
        assertTaken(await transactions.transact(second));

        assert.deepEqual(sorted(writtenThen), upTo(10));
        const written = await harness.written(FINDINGS);
        assert.deepEqual(sorted(numbers(written)), upTo(20));
        assertKeyOrder(written);
        await transactions.close();
        await source.close();
        assert.deepEqual(
          (await committed(harness)).map(({ offset }) => offset),
          [4, 4, 0, 0],
        );
      },
    );

    guarantee(
      'for a group that is not read here, or not any more, nothing is written; others go on',
      async (harness) => {
        const source = await reading(harness);
        const other = await reading(harness, 'other');
        await other.close();
        const transactions = harness.transactions();
        const lost = { code: 'E_GROUP_LOST', retriable: false };

        const calls = ['never', 'other', GROUP].map((group, i) =>
          transactions.transact({ group, positions: [at(0, 9)], publications: batch(10, i * 10) }),
        );
        const refusals = Promise.all([
          assert.rejects(calls[0] ?? assert.fail(), lost),
          assert.rejects(calls[1] ?? assert.fail(), lost),
        ]);
        assertTaken((await calls[2]) ?? [], 10);
        await refusals;

        assert.deepEqual(
          sorted(numbers(await harness.written(FINDINGS))),
          upTo(10).map((i) => 20 + i),
        );
        await transactions.close();
        await source.close();
        assert.deepEqual(await committed(harness, 'never'), new Array(4).fill(NOTHING));
        assert.deepEqual(await committed(harness, 'other'), new Array(4).fill(NOTHING));
      },
    );

    guarantee('groups transact side by side, each in its order', async (harness) => {
      const groups = ['a', 'b', 'c', 'd', 'e'];
      const sources = await Promise.all(groups.map((group) => reading(harness, group)));
      const transactions = harness.transactions();

      await Promise.all(
        groups.map(async (group) => {
          for (const i of upTo(10)) {
            const findings = publications(`findings-${group}`, numbered(5, 3, i * 5));
            const positions = [at(0, i + 1, group)];
            assertTaken(await transactions.transact({ group, positions, publications: findings }), 5);
          }
        }),
      );

      await transactions.close();
      for (const source of sources) await source.close();
      for (const group of groups) {
        const written = await harness.written(`findings-${group}`);
        assert.deepEqual(sorted(numbers(written)), upTo(50));
        assertKeyOrder(written);
        assert.deepEqual((await committed(harness, group))[0], { offset: 10, metadata: group });
      }
    });

    guarantee(
      'a close waits for what is in flight; closing again does nothing; afterwards it is a coded error',
      async (harness) => {
        const source = await reading(harness);
        const transactions = harness.transactions();
        let isSettled = false;

        const call = transactions
          .transact({ group: GROUP, positions: [at(0, 1)], publications: batch(10) })
          .finally(() => (isSettled = true));
        await transactions.close();
        const wasSettled = isSettled;
        await transactions.close();

        assert.equal(wasSettled, true);
        assertTaken(await call, 10);
        await assert.rejects(transactions.transact({ group: GROUP, positions: [], publications: batch(1) }), {
          code: 'E_SINK_CLOSED',
        });
        await source.close();
      },
    );
  });
}

function at(partition: number, offset: number, metadata = ''): NotedPosition {
  return { topic: INPUT, partition, offset, metadata };
}

function half(position: NotedPosition): NotedPosition {
  return { ...position, offset: Math.floor(position.offset / 2) };
}

function batch(count: number, from = 0): Publication[] {
  return publications(FINDINGS, numbered(count, 10, from));
}

/** An open source of a group. */
async function reading(
  harness: TransactionsHarness,
  group = GROUP,
  assigned: Assignment[] = [],
): Promise<Source> {
  const source = harness.source({ group, subscribes: (topic) => topic === INPUT, from: 'earliest' });
  await source.open({
    assigned: (partitions) => void assigned.push(...partitions),
    revoked: async () => {},
  });
  return source;
}

/**
 * What a source of the group is told of each partition; the group has no other source. A transport may
 * commit where reading begins: that is as nothing committed.
 */
async function committed(harness: TransactionsHarness, group = GROUP): Promise<StoredPosition[]> {
  const assigned: Assignment[] = [];
  const source = await reading(harness, group, assigned);
  await source.close();
  return assigned
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ committed }) => ({ offset: committed?.offset ?? 0, metadata: committed?.metadata ?? '' }));
}

function assertTaken(results: readonly PublishResult[], count = results.length): void {
  assert.deepEqual(results, new Array(count).fill(null));
}
