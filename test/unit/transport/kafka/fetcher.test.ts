import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { EngineError } from '../../../../src/model/errors.ts';
import type { PullLimit, Source } from '../../../../src/ports/source.ts';
import { Fetcher } from '../../../../src/transport/kafka/fetcher.ts';
import type { Broker } from '../../../../src/transport/kafka/internals.ts';
import type { FetchAnswer, Fetched } from '../../../../src/transport/kafka/protocol/fetch.ts';
import type { ListedOffset } from '../../../../src/transport/kafka/protocol/list-offsets.ts';
import { Reader } from '../../../../src/transport/kafka/protocol/reader.ts';
import { Reading } from '../../../../src/transport/kafka/reading.ts';
import type { FetchSettings } from '../../../../src/transport/kafka/settings.ts';
import { limit, pullAll } from '../../../contract/pulling.ts';
import { numbered } from '../../../contract/records.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { batchBytes } from '../../../helpers/kafka-batches.ts';

const FETCH: FetchSettings = {
  waitMs: 10,
  bytesMin: 1,
  bytesMax: 1 << 20,
  partitionBytesMax: 1 << 16,
  bufferBytesMax: 1 << 20,
  outOfRange: 'earliest',
  isolation: 'read-committed',
  checkCrc: true,
};

const LIST_OFFSETS = 2;

interface Asked {
  readonly partition: number;
  readonly offset: number;
}

const fetchers: Fetcher[] = [];
afterEach(() => {
  for (const fetcher of fetchers.splice(0)) fetcher.close();
});

/** Brokers whose partitions hold records without end, ten a batch. */
class World {
  readonly requests: { readonly node: number; readonly waitMs: number; readonly asked: readonly Asked[] }[] =
    [];
  readonly faults: EngineError[] = [];
  readonly lost: number[] = [];
  readonly stuck: (readonly [partition: number, code: string])[] = [];
  /** Where all partitions end, as ListOffsets and fetches tell it. */
  end = 1e6;
  readonly leaders = new Map<number, number>();
  /** What the next search finds. */
  readonly moved = new Map<number, number>();
  /** Partitions whose batches are damaged. */
  readonly damaged = new Set<number>();
  /** Partitions of a request that are answered with something, in its order. */
  answersMax = Infinity;
  /** Partitions that hold nothing. */
  readonly empty = new Set<number>();
  /** Instead of records. */
  error: (node: number, partition: number) => number = () => 0;
  /** Is awaited before an answer. */
  hold: (node: number) => Promise<void> = async () => undefined;
  #learnt: () => void = () => undefined;

  fetcher(fetch: Partial<FetchSettings> = {}): Fetcher {
    const fetcher = new Fetcher({
      brokers: {
        leaderOf: (_, partition) => this.leaders.get(partition) ?? null,
        askNode: (node, ask) => ask(this.#broker(node)),
        metadata: async () => {
          this.learn();
          return { brokers: [], topics: [] };
        },
        onLearnt: (run) => (this.#learnt = run),
      },
      fetch: { ...FETCH, ...fetch },
      backoff: { backoffMs: 1, backoffMaxMs: 5 },
      events: {
        outOfRange: ({ partition }) => this.lost.push(partition),
        stuck: ({ partition }, fault) => this.stuck.push([partition, fault.code]),
        failed: (fault) => this.faults.push(fault),
      },
    });
    fetchers.push(fetcher);
    return fetcher;
  }

  /** Somebody asked for metadata. */
  learn(): void {
    for (const [partition, node] of this.moved) this.leaders.set(partition, node);
    this.#learnt();
  }

  #broker(node: number): Broker {
    const send = async ({
      request,
    }: {
      request: { apiKey: number; encode: () => Promise<{ buffer: Buffer }> };
    }): Promise<FetchAnswer | readonly ListedOffset[][]> => {
      const reader = new Reader((await request.encode()).buffer);
      if (request.apiKey === LIST_OFFSETS) return this.#ends(reader);
      reader.int32();
      const waitMs = reader.int32();
      for (let field = 0; field < 2; field += 1) reader.int32();
      reader.int8();
      for (let field = 0; field < 2; field += 1) reader.int32();
      const asked = reader.array(() => (reader.string(), reader.array(() => readAsked(reader)))).flat();
      this.requests.push({ node, waitMs, asked });
      const partitions = asked.map((each, i) => this.#answer(node, each, i < this.answersMax));
      await this.hold(node);
      await new Promise(setImmediate);
      return { error: 0, partitions };
    };
    return {
      versions: { 1: { minVersion: 4, maxVersion: 17 }, 2: { minVersion: 1, maxVersion: 8 } },
      connectionPool: { send },
    } as unknown as Broker;
  }

  #ends(reader: Reader): readonly ListedOffset[][] {
    reader.int32();
    reader.int8();
    return reader.array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        reader.int64();
        return { topic, partition, error: 0, offset: this.end };
      });
    });
  }

  #answer(node: number, { partition, offset }: Asked, hasRoom: boolean): Fetched {
    const error = this.error(node, partition);
    const hasSome = error === 0 && hasRoom && !this.empty.has(partition);
    const records = hasSome
      ? batchBytes({ baseOffset: offset, records: numbered(10, 10, offset) })
      : Buffer.alloc(0);
    if (this.damaged.has(partition)) records.writeUInt8(0xff, records.length - 1);
    const { end } = this;
    return { topic: 't', partition, error, highWatermark: end, stableOffset: end, aborted: [], records };
  }
}

function readAsked(reader: Reader): Asked {
  const partition = reader.int32();
  reader.int32();
  const offset = reader.int64();
  reader.int64();
  reader.int32();
  return { partition, offset };
}

function readings(count: number): Reading[] {
  return Array.from({ length: count }, (_, partition) => new Reading({ topic: 't', partition }, 0, 0));
}

const always = (): boolean => true;

function asSource(fetcher: Fetcher): Source {
  return { pull: (each: PullLimit) => fetcher.pull(each, always) } as Source;
}

test('fetching ahead ends when each partition has its share', async () => {
  const world = new World();
  world.leaders.set(0, 1).set(1, 1);
  const bytes = batchBytes({ records: numbered(10) }).length;
  const fetcher = world.fetcher({ bufferBytesMax: bytes * 20, waitMs: 1 });
  const both = readings(2);

  fetcher.add(both);
  await eventually('both are filled', () => both.every(({ bufferedBytes }) => bufferedBytes >= bytes * 5));
  await pullAll(asSource(fetcher), 1000, { deliveriesMax: 10 });

  assert.ok(
    both.every(({ bufferedBytes }) => bufferedBytes <= bytes * 10),
    'no more than its share',
  );
});

test('an answer that comes after its partition was let go, or taken anew, is dropped', async () => {
  const world = new World();
  world.leaders.set(0, 1);
  const held = Promise.withResolvers<void>();
  world.hold = () => held.promise;
  const fetcher = world.fetcher();
  fetcher.add(readings(1));
  await eventually('it is being fetched', () => world.requests.length === 1);

  fetcher.remove([{ topic: 't', partition: 0 }]);
  const anew = new Reading({ topic: 't', partition: 0 }, 500, 0);
  fetcher.add([anew]);
  held.resolve();
  const pulled = await fetcher.pull(limit(), always);

  assert.equal(pulled[0]?.offset, 500);
});

test('the error of a partition that was let go meanwhile is nobody’s', async () => {
  const world = new World();
  world.leaders.set(0, 1);
  let error = 1;
  world.error = () => error;
  const held = Promise.withResolvers<void>();
  world.hold = () => held.promise;
  const fetcher = world.fetcher();
  fetcher.add(readings(1));
  await eventually('it is being fetched', () => world.requests.length === 1);

  error = 0;
  fetcher.remove([{ topic: 't', partition: 0 }]);
  fetcher.add(readings(1));
  held.resolve();
  await fetcher.pull(limit(), always);

  assert.deepEqual(world.lost, []);
});

test('the error of one partition leaves the others alone', async () => {
  const world = new World();
  world.leaders.set(0, 1).set(1, 1);
  world.error = (_, partition) => (partition === 0 ? 2 : 0);
  const fetcher = world.fetcher();

  fetcher.add(readings(2));
  const pulled = await fetcher.pull(limit(), always);

  assert.ok(pulled.length > 0 && pulled.every(({ partition }) => partition === 1));
  assert.match(world.faults[0]?.message ?? '', /partition 0 of topic t/);
});

test('a partition that another broker leads now is looked for and fetched from there', async () => {
  const world = new World();
  world.leaders.set(0, 1);
  world.moved.set(0, 2);
  world.error = (node) => (node === 1 ? 6 : 0);
  const fetcher = world.fetcher();

  fetcher.add(readings(1));
  const pulled = await fetcher.pull(limit(), always);

  assert.equal(pulled.length, 10);
  assert.equal(world.requests.at(-1)?.node, 2);
});

test('so is one whose new leader somebody else has learnt of', async () => {
  const world = new World();
  world.leaders.set(0, 1);
  world.empty.add(0);
  const fetcher = world.fetcher();
  fetcher.add(readings(1));
  await eventually('it is fetched', () => world.requests.length > 0);

  world.moved.set(0, 2);
  world.learn();

  const last = await eventually('another is asked', () => world.requests.find(({ node }) => node !== 1));
  assert.equal(last.node, 2);
});

test('a position that is gone is told once, and the partition stands still', async () => {
  const world = new World();
  world.leaders.set(0, 1).set(1, 1);
  world.error = (_, partition) => (partition === 0 ? 1 : 0);
  const fetcher = world.fetcher();

  fetcher.add(readings(2));
  await pullAll(asSource(fetcher), 100, { deliveriesMax: 10 });

  assert.deepEqual(world.lost, [0]);
});

test('a broker may wait long where the partitions that are left out want nothing', async () => {
  const world = new World();
  world.leaders.set(0, 1).set(1, 1);
  world.empty.add(0);
  const bytes = batchBytes({ records: numbered(10) }).length;
  const fetcher = world.fetcher({ waitMs: 700, bufferBytesMax: bytes * 4 });
  const alone = (waitMs: number): boolean =>
    world.requests.some(({ asked, waitMs: each }) => asked.length === 1 && each === waitMs);

  fetcher.add(readings(2));
  await eventually('the other is full, and may soon be read', () => alone(20));
  assert.equal(alone(700), false);
  await fetcher.pull(limit({ waitMs: 5, paused: () => true }), always);

  await eventually('the other is paused', () => alone(700));
});

test('nothing is given out while it may not be, and a close ends the wait', async () => {
  const world = new World();
  world.leaders.set(0, 1);
  const fetcher = world.fetcher();
  fetcher.add(readings(1));
  await eventually('it is fetched', () => world.requests.length > 1);

  assert.deepEqual(await fetcher.pull(limit({ waitMs: 5 }), () => false), []);
  const pulling = fetcher.pull(limit(), () => false);
  fetcher.close();

  assert.deepEqual(await pulling, []);
});

test('the backlog of partitions that are not fetched rises with their logs all the same', async (t) => {
  const world = new World();
  world.leaders.set(0, 1);
  const bytes = batchBytes({ records: numbered(10) }).length;
  const fetcher = world.fetcher({ bufferBytesMax: bytes });
  const [reading] = readings(1);
  fetcher.add(reading === undefined ? [] : [reading]);
  await eventually('it is full', () => world.requests.length === 1 && reading?.bufferedBytes === bytes);

  world.end = 5e6;
  t.mock.method(performance, 'now', ahead(60_000));
  fetcher.wakePull();
  await eventually('its end is asked for', () => fetcher.backlog()[0]?.deliveries === 5e6);

  assert.equal(world.requests.length, 1, 'it was not fetched');
});

test('so does that of a partition that stands still', async (t) => {
  const world = new World();
  world.leaders.set(0, 1);
  world.error = () => 1;
  const fetcher = world.fetcher();
  fetcher.add(readings(1));
  await eventually('it stands still', () => world.lost.length === 1);

  world.end = 5e6;
  t.mock.method(performance, 'now', ahead(60_000));

  await eventually('its end is asked for', () => fetcher.backlog()[0]?.deliveries === 5e6);
  assert.deepEqual(world.faults, []);
});

test('what cannot be read is told once, with its partition', async () => {
  const world = new World();
  world.leaders.set(0, 1).set(1, 1);
  world.damaged.add(1);
  const fetcher = world.fetcher();

  fetcher.add(readings(2));
  await pullAll(asSource(fetcher), 100, { deliveriesMax: 10 });

  assert.deepEqual(world.stuck, [[1, 'E_KAFKA_RECORDS']]);
});

test('a partition that got nothing comes first in the next request, though the loop waited between', async () => {
  const world = new World();
  world.leaders.set(0, 1).set(1, 1);
  world.answersMax = 1; // an answer has room for its first partition alone
  const both = readings(2);
  world.hold = async () => {
    for (const reading of both) reading.retryAtMs = performance.now() + 5;
  };

  world.fetcher().add(both);
  await eventually('it is fetched again and again', () => world.requests.length >= 6);

  const firsts = world.requests.slice(0, 6).map(({ asked }) => asked[0]?.partition);
  assert.deepEqual(firsts, [0, 1, 0, 1, 0, 1]);
});

/** The monotonic clock, so much later. */
function ahead(ms: number): () => number {
  const now = performance.now.bind(performance);
  return () => now() + ms;
}
