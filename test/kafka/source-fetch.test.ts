import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { compressSync } from 'snappy';
import type { TopicPartition } from '../../src/model/delivery.ts';
import { limit } from '../contract/pulling.ts';
import type { ContractRecord } from '../contract/records.ts';
import { AWKWARD, content, numbered, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import type { BatchPlan } from '../helpers/kafka-batches.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import type { SourceChoice } from './consuming.ts';
import { appendTo, FETCH, makeSource, MEMBER, Reader } from './consuming.ts';
import { makeTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);

const readers: Reader[] = [];
afterEach(async () => {
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

async function opened(topic: string, choice: Partial<SourceChoice> = {}): Promise<Reader> {
  const subscribes = (each: string): boolean => each === topic;
  const reader = new Reader(client, { group: randomUUID(), subscribes, ...choice });
  readers.push(reader);
  return reader.open();
}

/** A topic of one partition that holds these. */
async function filled(...plans: readonly BatchPlan[]): Promise<TopicPartition> {
  const topic = await makeTopic(client, { partitions: 1 });
  await appendTo(client, { topic, partition: 0 }, plans);
  return { topic, partition: 0 };
}

/** The records up to this offset are gone, as by retention. */
async function removeUpTo({ topic, partition }: TopicPartition, offset: number): Promise<void> {
  const admin = client.kafka.admin();
  await admin.connect();
  await admin.fetchTopicOffsets(topic); // or it does not know who leads
  await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  await admin.disconnect();
}

/** A group that has committed this offset. */
async function committedAt(place: TopicPartition, offset: number): Promise<string> {
  const group = randomUUID();
  const source = makeSource(client, { group, subscribes: (topic) => topic === place.topic });
  await source.open({ assigned: () => undefined, revoked: async () => undefined });
  await source.commit([{ ...place, offset, metadata: '' }]);
  await source.close();
  return group;
}

const CODECS: Readonly<Record<string, BatchPlan['codec']>> = {
  gzip: [1, gzipSync],
  'snappy as librdkafka writes it': [2, compressSync],
  'snappy as the Java client writes it': [2, xerial],
  lz4: [3, compressFrameSync],
  zstd: [4, zstdCompressSync],
};

for (const [name, codec] of Object.entries(CODECS)) {
  test(`records come unchanged out of ${name}`, { skip }, async () => {
    assert.ok(codec !== undefined);
    const records = [...AWKWARD, { key: Buffer.from('k'), value: null, headers: [], timestampMs: 5 }];
    const { topic } = await filled({ records, codec }, { records: numbered(200), codec });

    const reader = await opened(topic);
    await eventually('all is read', () => reader.deliveries.length === records.length + 200);

    assert.deepEqual(reader.deliveries.slice(0, records.length).map(content), records.map(content));
    assert.deepEqual(reader.values.slice(records.length).map(Number), upTo(200));
  });
}

test(
  'a batch larger than what is fetched of a partition comes, and its neighbours are not held up',
  { skip },
  async () => {
    const large: ContractRecord = { key: null, value: Buffer.alloc(700_000), headers: [], timestampMs: 1 };
    const topic = await makeTopic(client, { partitions: 2 });
    for (const partition of [0, 1]) {
      const plans = [{ records: numbered(5) }, { records: [large] }, { records: numbered(5, 10, 5) }];
      await appendTo(client, { topic, partition }, plans);
    }

    const reader = await opened(topic, {
      fetch: { ...FETCH, partitionBytesMax: 10_000, bufferBytesMax: 100_000 },
    });
    await eventually('all is read', () => reader.deliveries.length === 22);

    assert.equal(reader.deliveries.filter(({ value }) => value?.length === 700_000).length, 2);
  },
);

test(
  'what aborted transactions wrote is read only where that is asked for; markers never are',
  { skip },
  async () => {
    const topic = await makeTopic(client, { partitions: 1 });
    const producer = client.kafka.producer({
      transactionalId: randomUUID(),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    for (const [value, end] of [
      ['1', 'commit'],
      ['2', 'abort'],
      ['3', 'commit'],
      ['4', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value }, { value }] });
      await transaction[end]();
    }
    await producer.disconnect();

    const committed = await opened(topic);
    const all = await opened(topic, { fetch: { ...FETCH, isolation: 'read-uncommitted' } });
    await eventually('both have read', () => committed.values.length === 4 && all.values.length === 8);
    await eventually('markers are no backlog', async () => {
      const backlogs = await Promise.all([committed, all].map(({ source }) => source.backlog()));
      return backlogs.flat().every(({ deliveries }) => deliveries === 0);
    });

    assert.deepEqual(committed.values, ['1', '1', '3', '3']);
    assert.deepEqual(all.values, ['1', '1', '2', '2', '3', '3', '4', '4']);
    assert.deepEqual(
      committed.deliveries.map(({ offset }) => offset),
      [0, 1, 6, 7],
    );
  },
);

test(
  'a group without positions begins at the first record of a time, at the end where none is as young',
  { skip },
  async () => {
    const { topic } = await filled({ records: numbered(50) }, { records: numbered(50, 10, 50) });
    const [middle, beyond] = [1_700_000_000_000 + 70, 1_900_000_000_000];

    const young = await opened(topic, { from: middle });
    const none = await opened(topic, { from: beyond });
    await eventually('the rest is read', () => young.values.length === 30);
    await appendTo(client, { topic, partition: 0 }, [{ records: numbered(1, 1, 100) }]);
    await eventually('what comes is read', () => none.values.length === 1 && young.values.length === 31);

    assert.deepEqual(young.values.map(Number), upTo(101).slice(70));
    assert.deepEqual(none.values, ['100']);
  },
);

for (const [outOfRange, expected] of [
  ['earliest', 20],
  ['latest', 0],
] as const) {
  test(`a position that is gone is told, and reading goes on at the ${outOfRange}`, { skip }, async () => {
    const place = await filled({ records: numbered(50) });
    const group = await committedAt(place, 5);
    await removeUpTo(place, 30);

    const reader = await opened(place.topic, { group, fetch: { ...FETCH, outOfRange } });
    const told = await eventually('it is told', () =>
      reader.events.find(({ type }) => type === 'out-of-range'),
    );
    await eventually(
      'the partition is taken anew',
      () => reader.sights.filter(({ type }) => type === 'assigned').length === 2,
    );
    await appendTo(client, place, [{ records: numbered(1, 1, 50) }]);
    await eventually('it reads on', () => reader.values.at(-1) === '50');

    assert.equal(reader.values.length, expected + 1);
    assert.deepEqual(told, { type: 'out-of-range', group, ...place, from: 5, to: expected === 0 ? 50 : 30 });
    assert.deepEqual(reader.sights.map(({ type }) => type).slice(0, 3), ['assigned', 'revoked', 'assigned']);
  });
}

test('a position that is gone ends the reading where the config says so', { skip }, async () => {
  const place = await filled({ records: numbered(50) });
  const group = await committedAt(place, 5);
  await removeUpTo(place, 30);

  const reader = await opened(place.topic, { group, fetch: { ...FETCH, outOfRange: 'stop' } });
  const failure = await eventually('reading fails', () => reader.failure);

  assert.equal((failure as { code?: string }).code, 'E_KAFKA_OUT_OF_RANGE');
  assert.equal((failure as { retriable?: boolean }).retriable, false);
});

test('a paused partition keeps its share of the memory and leaves the others theirs', { skip }, async () => {
  const topic = await makeTopic(client, { partitions: 2 });
  const value = Buffer.alloc(2000);
  const records = upTo(30).map((i) => ({ key: null, value, headers: [], timestampMs: i }));
  for (const partition of [0, 1])
    await appendTo(
      client,
      { topic, partition },
      upTo(20).map(() => ({ records })),
    );
  const fetch = { ...FETCH, bufferBytesMax: 200_000, partitionBytesMax: 100_000 };
  const source = makeSource(client, { group: randomUUID(), subscribes: (each) => each === topic, fetch });
  await source.open({ assigned: () => undefined, revoked: async () => undefined });

  let read = 0;
  const paused = (_: string, partition: number): boolean => partition === 0;
  while (read < 600) read += (await source.pull(limit({ deliveriesMax: 50, paused }))).length;
  while (read < 1200) read += (await source.pull(limit({ deliveriesMax: 50 }))).length;

  assert.deepEqual(await source.pull(limit({ waitMs: 5 })), []);
  await source.close();
});

test('metadata of a commit comes back with the next assignment, the longest too', { skip }, async () => {
  const place = await filled({ records: numbered(10) });
  const group = randomUUID();
  const metadata = 'm'.repeat(4096);
  const first = makeSource(client, { group, subscribes: (topic) => topic === place.topic });
  await first.open({ assigned: () => undefined, revoked: async () => undefined });
  await first.commit([{ ...place, offset: 4, metadata }]);
  await first.close();

  const second = makeSource(client, { group, subscribes: (topic) => topic === place.topic });
  const committed: unknown[] = [];
  await second.open({
    assigned: (partitions) => void committed.push(...partitions),
    revoked: async () => undefined,
  });
  await second.close();

  assert.deepEqual(committed, [{ ...place, committed: { offset: 4, metadata } }]);
});

test('a commit that the brokers refuse is a coded error, and the next is taken', { skip }, async () => {
  const place = await filled({ records: numbered(10) });
  const source = makeSource(client, { group: randomUUID(), subscribes: (topic) => topic === place.topic });
  await source.open({ assigned: () => undefined, revoked: async () => undefined });

  const refused = source.commit([{ ...place, offset: 4, metadata: 'm'.repeat(4097) }]);
  await assert.rejects(refused, { code: 'E_COMMIT_FAILED', retriable: true });
  await source.commit([{ ...place, offset: 4, metadata: 'm' }]);

  await source.close();
});

test(
  'what is to happen before reading happens before the committed offsets are asked for',
  { skip },
  async () => {
    const place = await filled({ records: numbered(10) });
    const group = await committedAt(place, 2);
    const other = makeSource(client, { group, subscribes: (topic) => topic === place.topic });
    await other.open({ assigned: () => undefined, revoked: async () => undefined });
    let before: readonly TopicPartition[] = [];

    const opening = opened(place.topic, {
      group,
      beforeReading: async (partitions) => {
        if (partitions.length > 0) before = partitions;
      },
    });
    await other.commit([{ ...place, offset: 7, metadata: '' }]).catch(() => undefined);
    await other.close();
    const reader = await opening;
    await eventually('it reads on', () => reader.values.length === 3);

    assert.deepEqual(before, [place]);
    assert.deepEqual(reader.values, ['7', '8', '9']);
  },
);

/** Blocks with their lengths behind a header. */
function xerial(bytes: Buffer): Buffer {
  const header = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const halves = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)].map((half) => {
    const block = compressSync(half);
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    return Buffer.concat([length, block]);
  });
  return Buffer.concat([header, ...halves]);
}

for (const [count, what] of [
  [5, 'shorter'],
  [60, 'already longer'],
] as const) {
  test(`a topic that was deleted and made again, ${what} now, is read from its start`, { skip }, async () => {
    const place = await filled({ records: numbered(20) });
    const reader = await opened(place.topic, {
      from: 'latest',
      fetch: { ...FETCH, outOfRange: 'stop' },
      member: { ...MEMBER, topicsRefreshMs: 3000 },
    });
    await appendTo(client, place, [{ records: numbered(20, 10, 20) }]);
    await eventually('it is read', () => reader.deliveries.length === 20);
    await reader.commit([place]);

    await makeAgain(place.topic);
    await appendTo(client, place, [{ records: numbered(count, 10, 100) }]);
    await eventually('the new one is read from its start', () =>
      reader.deliveries.slice(20).some(({ offset }) => offset === 0),
    );
    await eventually('and to its end', () => reader.deliveries.at(-1)?.offset === count - 1);

    assert.equal(reader.failure, null);
    const seen = new Set(reader.values.map(Number).filter((value) => value >= 100));
    assert.deepEqual(
      [...seen].toSorted((a, b) => a - b),
      upTo(count).map((value) => value + 100),
    );
  });
}

/** Deletes a topic and makes another one of its name. */
async function makeAgain(topic: string): Promise<void> {
  const admin = client.kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  const made = (): Promise<unknown> => makeTopic(client, { name: topic, partitions: 1 });
  await eventually('it can be made again', () => made().catch(() => false));
}
