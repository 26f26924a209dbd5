/**
 * What every {@link Source} keeps, whatever stands behind it.
 *
 * A transport takes part by a harness: how to append, how to make a source, how to end. Flags name
 * what an implementation does not offer. No test waits longer than its transport needs.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Delivery, NotedPosition, TopicPartition } from '../../src/model/delivery.ts';
import type { Source, SourceListener } from '../../src/ports/source.ts';
import { limit, pullAll } from './pulling.ts';
import type { ContractRecord } from './records.ts';
import {
  AWKWARD,
  assertKeyOrder,
  assertRisingOffsets,
  assertSideBySide,
  content,
  numbered,
  numbers,
  sorted,
  upTo,
} from './records.ts';

/** One transport, empty, for one test. */
export interface SourceHarness {
  /** Appends in order. The topic is made when it is new; 4 partitions. */
  append(topic: string, records: readonly ContractRecord[]): Promise<void>;
  /** A source that is not open yet. */
  source(options: {
    group: string;
    subscribes: (topic: string) => boolean;
    from: 'earliest' | 'latest';
  }): Source;
  /** Ends everything it made. */
  close(): Promise<void>;
}

/** What an implementation offers. */
export interface SourceFlags {
  /** A group has one reader; another is refused with `E_LOG_BUSY`, which names the group. */
  readonly exclusiveGroups: boolean;
  /** The place where a group begins is committed when it first reads, so that it stays so. */
  readonly remembersStart: boolean;
  /** All topics are there from the start, and are read from their beginning. */
  readonly fixedTopics?: boolean;
}

const TOPIC = 'events';

/** Registers the suite. */
export function sourceContract(name: string, make: () => Promise<SourceHarness>, flags: SourceFlags): void {
  /** A test with a harness of its own, closed whatever happens. */
  const guarantee = (promise: string, body: (harness: SourceHarness) => Promise<void>): void => {
    test(promise, async () => {
      const harness = await make();
      try {
        await body(harness);
      } finally {
        await harness.close();
      }
    });
  };

  describe(`${name} as a source`, () => {
    guarantee(
      'everything arrives once, in offset order and side by side within each partition',
      async (harness) => {
        await harness.append(TOPIC, numbered(500));
        const { source } = await opened(harness);

        const pulls = await pullAll(source, 500, { deliveriesMax: 64 });

        const all = pulls.flat();
        assert.deepEqual(sorted(numbers(all)), upTo(500));
        assertKeyOrder(all);
        assertRisingOffsets(all);
        for (const pull of pulls) assertSideBySide(pull);
        await source.close();
      },
    );

    guarantee(
      'null and empty keys and values, binary bytes, headers and times arrive unchanged',
      async (harness) => {
        const records = [...AWKWARD, { key: Buffer.from('k'), value: null, headers: [], timestampMs: 5 }];
        await harness.append(TOPIC, records);
        const { source } = await opened(harness);

        const arrived = (await pullAll(source, records.length)).flat();

        assert.deepEqual(
          new Set(arrived.map((each) => JSON.stringify(content(each)))),
          new Set(records.map((each) => JSON.stringify(content(each)))),
        );
        await source.close();
      },
    );

    guarantee('records of one key are in one partition', async (harness) => {
      await harness.append(TOPIC, numbered(100, 7));
      const { source } = await opened(harness);

      const arrived = (await pullAll(source, 100)).flat();

      const places = new Set(
        arrived.map(({ key, partition }) => `${Buffer.from(key ?? []).toString()}:${partition}`),
      );
      assert.equal(places.size, 7);
      await source.close();
    });

    guarantee(
      'partitions are assigned before their deliveries, and only those subscribed to',
      async (harness) => {
        await harness.append(TOPIC, numbered(20));
        await harness.append('other', numbered(20));
        const { source, assigned } = await opened(harness);

        const arrived = (await pullAll(source, 20)).flat();

        assert.ok(arrived.every(({ topic }) => topic === TOPIC));
        assert.deepEqual(
          assigned.map(({ topic, partition }) => `${topic}/${partition}`).sort(),
          upTo(4).map((i) => `${TOPIC}/${i}`),
        );
        await source.close();
      },
    );

    guarantee('a pull brings no more than it may', async (harness) => {
      await harness.append(TOPIC, numbered(50));
      const { source } = await opened(harness);

      const pulls = await pullAll(source, 50, { deliveriesMax: 7 });

      assert.ok(pulls.every((pull) => pull.length <= 7));
      await source.close();
    });

    guarantee('a delivery larger than the limit of bytes comes alone and is not stuck', async (harness) => {
      const large = { key: Buffer.from('k'), value: Buffer.alloc(1000), headers: [], timestampMs: 1 };
      await harness.append(TOPIC, [large, large, large]);
      const { source } = await opened(harness);

      const pulls = await pullAll(source, 3, { bytesMax: 10 });

      assert.deepEqual(
        pulls.map((pull) => pull.length),
        [1, 1, 1],
      );
      await source.close();
    });

    guarantee('a pull of nothing is empty after its wait', async (harness) => {
      const { source } = await opened(harness);

      const pulled = await source.pull(limit({ waitMs: 5 }));

      assert.deepEqual(pulled, []);
      await source.close();
    });

    guarantee('a waiting pull ends with its signal', async (harness) => {
      const { source } = await opened(harness);
      const controller = new AbortController();

      const pulling = source.pull(limit({ signal: controller.signal }));
      controller.abort();

      assert.deepEqual(await pulling, []);
      assert.deepEqual(await source.pull(limit({ signal: controller.signal })), []);
      await source.close();
    });

    guarantee('a waiting pull brings what arrives meanwhile', async (harness) => {
      await harness.append(TOPIC, numbered(1));
      const { source } = await opened(harness);
      await pullAll(source, 1);

      const pulling = source.pull(limit());
      await harness.append(TOPIC, numbered(1, 10, 1));

      assert.deepEqual(numbers(await pulling), [1]);
      await source.close();
    });

    if (flags.fixedTopics !== true) {
      guarantee('a topic that appears later is assigned and read from its start', async (harness) => {
        const { source, assigned } = await opened(harness, { from: 'latest' });
        assert.equal(assigned.length, 0);

        const pulling = pullAll(source, 30);
        await harness.append(TOPIC, numbered(30));

        assert.deepEqual(sorted(numbers((await pulling).flat())), upTo(30));
        assert.equal(assigned.length, 4);
        await source.close();
      });

      guarantee('reading from the latest skips what was there, and only that', async (harness) => {
        await harness.append(TOPIC, numbered(20));
        const { source } = await opened(harness, { from: 'latest' });

        await harness.append(TOPIC, numbered(5, 10, 20));
        const arrived = (await pullAll(source, 5)).flat();

        assert.deepEqual(sorted(numbers(arrived)), [20, 21, 22, 23, 24]);
        await source.close();
      });
    }

    guarantee('paused partitions give nothing, hold nothing up and lose nothing', async (harness) => {
      await harness.append(TOPIC, numbered(200, 40));
      const { source } = await opened(harness);
      const paused = (_: string, partition: number): boolean => partition % 2 === 0;

      const odd: Delivery[] = [];
      for (;;) {
        const pulled = await source.pull(limit({ waitMs: 20, paused }));
        if (pulled.length === 0) break;
        odd.push(...pulled);
      }
      const even = (await pullAll(source, 200 - odd.length)).flat();

      assert.ok(odd.length > 0 && odd.every(({ partition }) => partition % 2 === 1));
      assert.ok(even.every(({ partition }) => partition % 2 === 0));
      assert.deepEqual(sorted(numbers([...odd, ...even])), upTo(200));
      assertRisingOffsets([...odd, ...even]);
      await source.close();
    });

    guarantee(
      'after a restart reading goes on at the committed positions, and what was not committed comes again',
      async (harness) => {
        await harness.append(TOPIC, numbered(100));
        const first = (await opened(harness)).source;
        const seen = (await pullAll(first, 100)).flat();
        const committed = upTo(4).map((partition) => {
          const offsets = seen.filter((each) => each.partition === partition).map(({ offset }) => offset);
          return {
            topic: TOPIC,
            partition,
            offset: offsets[Math.floor(offsets.length / 2)] ?? 0,
            metadata: '',
          };
        });
        await first.commit(committed);
        await first.close();

        const second = (await opened(harness, { from: 'latest' })).source;
        const expected = seen.filter(
          ({ partition, offset }) => offset >= (committed[partition]?.offset ?? 0),
        );
        const again = (await pullAll(second, expected.length)).flat();

        assert.deepEqual(sorted(numbers(again)), sorted(numbers(expected)));
        assertRisingOffsets(again);
        await second.close();
      },
    );

    guarantee('a close waits for commits under way', async (harness) => {
      await harness.append(TOPIC, numbered(40));
      const first = (await opened(harness)).source;
      const end = nextOffsets((await pullAll(first, 40)).flat());

      const commits = end.map((position) => first.commit([position]));
      await first.close();
      await Promise.all(commits);

      const second = (await opened(harness)).source;
      assert.deepEqual(await second.pull(limit({ waitMs: 5 })), []);
      await second.close();
    });

    guarantee('the backlog counts down to nothing', async (harness) => {
      await harness.append(TOPIC, numbered(60));
      const { source } = await opened(harness);
      const backlog = async (): Promise<number> =>
        (await source.backlog()).reduce((sum, each) => sum + each.deliveries, 0);

      const before = await backlog();
      const pulled = await source.pull(limit({ deliveriesMax: 10 }));
      const between = await backlog();
      await pullAll(source, 60 - pulled.length);

      assert.deepEqual([before, between, await backlog()], [60, 60 - pulled.length, 0]);
      assert.equal((await source.backlog()).length, 4);
      await source.close();
    });

    guarantee('two groups read the same, each at its own pace', async (harness) => {
      await harness.append(TOPIC, numbered(30));
      const one = (await opened(harness, { group: 'one' })).source;
      const two = (await opened(harness, { group: 'two' })).source;

      await one.commit(nextOffsets((await pullAll(one, 30)).flat()));
      const other = (await pullAll(two, 30)).flat();

      assert.deepEqual(sorted(numbers(other)), upTo(30));
      await one.close();
      await two.close();
    });

    guarantee('a closed source refuses by code; closing again does nothing', async (harness) => {
      await harness.append(TOPIC, numbered(3));
      const { source } = await opened(harness);

      await source.close();
      await source.close();

      await assert.rejects(source.pull(limit()), { code: 'E_SOURCE_CLOSED' });
      await assert.rejects(source.commit([{ topic: TOPIC, partition: 0, offset: 1, metadata: '' }]), {
        code: 'E_SOURCE_CLOSED',
      });
      await assert.rejects(source.backlog(), { code: 'E_SOURCE_CLOSED' });
    });

    guarantee('a close ends a pull that waits', async (harness) => {
      const { source } = await opened(harness);

      const pulling = source.pull(limit());
      await source.close();

      assert.deepEqual(await pulling, []);
    });

    if (flags.remembersStart) {
      guarantee('a group that began at the end goes on there after a restart', async (harness) => {
        await harness.append(TOPIC, numbered(20));
        const first = (await opened(harness, { from: 'latest' })).source;
        await first.close();
        await harness.append(TOPIC, numbered(20, 10, 20));

        const second = (await opened(harness, { from: 'latest' })).source;
        const arrived = (await pullAll(second, 20)).flat();

        assert.deepEqual(sorted(numbers(arrived)), upTo(40).slice(20));
        await second.close();
      });

      guarantee('so does one to which the topic was new', async (harness) => {
        const first = (await opened(harness, { from: 'latest' })).source;
        await harness.append(TOPIC, numbered(20));
        await pullAll(first, 20);
        await first.close();

        const second = (await opened(harness, { from: 'latest' })).source;
        const arrived = (await pullAll(second, 20)).flat();

        assert.deepEqual(sorted(numbers(arrived)), upTo(20));
        await second.close();
      });
    }

    if (flags.exclusiveGroups) {
      guarantee(
        'a second reader of a group is refused by name, until the first is closed',
        async (harness) => {
          const { source } = await opened(harness, { group: 'crashes' });
          const second = harness.source({ group: 'crashes', subscribes: () => true, from: 'earliest' });

          await assert.rejects(second.open(listener([])), { code: 'E_LOG_BUSY', message: /crashes/ });
          await second.close();
          await source.close();

          const third = (await opened(harness, { group: 'crashes' })).source;
          await third.close();
        },
      );
    }
  });
}

interface OpenedSource {
  readonly source: Source;
  /** Grows with each assignment. */
  readonly assigned: readonly TopicPartition[];
}

async function opened(
  harness: SourceHarness,
  { group = 'group', from = 'earliest' as 'earliest' | 'latest' } = {},
): Promise<OpenedSource> {
  const assigned: TopicPartition[] = [];
  const source = harness.source({ group, subscribes: (topic) => topic === TOPIC, from });
  await source.open(listener(assigned));
  return { source, assigned };
}

function listener(assigned: TopicPartition[]): SourceListener {
  return { assigned: (partitions) => void assigned.push(...partitions), revoked: async () => {} };
}

function nextOffsets(deliveries: readonly Delivery[]): NotedPosition[] {
  const next = new Map<number, number>();
  for (const { partition, offset } of deliveries) next.set(partition, offset + 1);
  return [...next].map(([partition, offset]) => ({ topic: TOPIC, partition, offset, metadata: '' }));
}
