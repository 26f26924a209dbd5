import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Publication } from '../../../../src/model/delivery.ts';
import type { PublishResult } from '../../../../src/ports/sink.ts';
import { Idempotence } from '../../../../src/transport/kafka/idempotence.ts';
import { Producer } from '../../../../src/transport/kafka/producer.ts';
import type { ProduceSettings } from '../../../../src/transport/kafka/settings.ts';
import { partitionOf } from '../../../../src/wire/partitioner.ts';
import { upTo } from '../../../contract/records.ts';
import { eventually } from '../../../helpers/eventually.ts';
import type { Fate } from './fake-leaders.ts';
import { FakeLeaders } from './fake-leaders.ts';

const TOPIC = 'findings';
const PARTITIONS = 3;
const ANSWERED: Fate = { type: 'answered' };

/** What passes: the producer repeats it until it is known. */
const passing: fc.Arbitrary<Fate> = fc.oneof(
  fc.constantFrom<Fate>(
    ANSWERED,
    { type: 'lost' },
    { type: 'unanswered' },
    { type: 'late' },
    { type: 'moved' },
    { type: 'error', code: 6, isWritten: false },
    { type: 'error', code: 19, isWritten: false },
    { type: 'error', code: 7, isWritten: true },
    { type: 'error', code: 20, isWritten: true },
    { type: 'error', code: -1, isWritten: false },
  ),
);

function open(
  leaders: FakeLeaders,
  produce: Partial<ProduceSettings> = {},
  { backoffMs = 0.1, mayWrite = (_term: number): boolean => true } = {},
): Producer {
  return new Producer({
    brokers: leaders.brokers,
    identity: new Idempotence(leaders.brokers),
    kafka: { requestTimeoutMs: 1000, backoffMs, backoffMaxMs: backoffMs },
    produce: { compression: 'none', timeoutMs: 60_000, recordBytesMax: 500, ...produce },
    mayWrite,
    tell: () => undefined,
  });
}

/** Publication `i`: its value is its number. */
function publication(i: number): Publication {
  return {
    topic: TOPIC,
    key: Buffer.from(`key-${i % 7}`),
    value: Buffer.from(String(i)),
    headers: [],
    timestampMs: i,
  };
}

/** Numbers that belong to a partition, in order. */
function ofPartition(numbers: readonly number[], partition: number): string[] {
  return numbers
    .filter((i) => partitionOf(Buffer.from(`key-${i % 7}`), PARTITIONS) === partition)
    .map(String);
}

/** As the engine publishes: what failed for now goes again, first and in its old order, when nothing is in flight. */
async function publishAll(producer: Producer, sizes: readonly number[]): Promise<Set<number>> {
  const acknowledged = new Set<number>();
  let from = 0;
  let calls = sizes.map((size) => {
    const call = upTo(size).map((i) => publication(from + i));
    from += size;
    return call;
  });
  while (calls.length > 0) {
    const results: (readonly PublishResult[])[] = await Promise.all(
      calls.map((call) => producer.publish(call, 0)),
    );
    const failed = calls.flatMap((call, c) => call.filter((_, i) => results[c]?.[i] !== null));
    for (const [c, call] of calls.entries())
      for (const [i, { value }] of call.entries())
        if (results[c]?.[i] === null) acknowledged.add(Number(Buffer.from(value).toString()));
    calls = failed.length === 0 ? [] : [failed];
  }
  return acknowledged;
}

test('whatever passes, each record is written once and in order', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(passing, { maxLength: 25 }), async (calls, fates) => {
      const leaders = new FakeLeaders(TOPIC, PARTITIONS);
      const left = [...fates];
      leaders.fate = () => left.shift() ?? ANSWERED;
      const producer = open(leaders);

      await publishAll(producer, calls);
      producer.close();

      const all = upTo(calls.reduce((sum, size) => sum + size, 0));
      leaders.partitions.forEach(({ values }, i) => assert.deepEqual(values, ofPartition(all, i)));
    }),
    { numRuns: 100 },
  );
});

test('nothing that is acknowledged is lost when outcomes stay unknown until the time is over', async () => {
  const fates = fc.array(
    fc.oneof({ weight: 3, arbitrary: passing }, fc.constant<Fate>({ type: 'unanswered' })),
    {
      minLength: 5,
      maxLength: 60,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fates, async (size, given) => {
      const leaders = new FakeLeaders(TOPIC, PARTITIONS);
      const left = [...given];
      leaders.fate = () => left.shift() ?? ANSWERED;
      const producer = open(leaders, { timeoutMs: 2 });

      const acknowledged = await publishAll(producer, [size, size, size]);
      producer.close();

      const all = upTo(3 * size);
      assert.deepEqual(acknowledged, new Set(all));
      leaders.partitions.forEach(({ values }, i) => {
        // The first time each is seen: repetitions stand behind it.
        assert.deepEqual([...new Set(values)], ofPartition(all, i));
      });
    }),
    { numRuns: 100 },
  );
});

for (const type of ['late', 'unanswered'] as const) {
  test(`after a failure whose outcome is unknown (${type}) other records are written, and nothing behind them`, async () => {
    const leaders = new FakeLeaders(TOPIC, 1);
    const producer = open(leaders, { timeoutMs: 30 });
    leaders.fate = () => ({ type });
    const [unknown] = await producer.publish([publication(0)], 0);

    leaders.fate = () => ANSWERED;
    const [other] = await producer.publish([publication(1)], 0);
    const [another] = await producer.publish([publication(2)], 0);
    producer.close();

    assert.equal(unknown?.retriable, true);
    assert.deepEqual([other, another], [null, null]);
    const values = leaders.partitions[0]?.values ?? [];
    assert.deepEqual(values.slice(values.indexOf('1')), ['1', '2']);
  });
}

test('a batch that waits to be sent again when its time is over is as unknown as one on its way', async () => {
  const leaders = new FakeLeaders(TOPIC, 1);
  const producer = open(leaders, { timeoutMs: 100 }, { backoffMs: 300 });
  leaders.fate = () => ({ type: 'unanswered' });
  await producer.publish([publication(0)], 0);

  leaders.fate = () => ANSWERED;
  await eventually('it is taken', async () => (await producer.publish([publication(1)], 0))[0] === null);
  producer.close();

  assert.deepEqual(leaders.partitions[0]?.values, ['0', '1']);
});

test('once the group may have gone on, nothing is written that was not on its way', async () => {
  const leaders = new FakeLeaders(TOPIC, 1);
  let isMember = true;
  const producer = open(leaders, {}, { mayWrite: () => isMember });
  const connected = Promise.withResolvers<void>();
  leaders.connecting = connected.promise;
  const late = producer.publish([publication(0), publication(1)], 0);
  const later = producer.publish([publication(2)], 0);

  isMember = false;
  connected.resolve();
  const results = [...(await late), ...(await later)];
  const written = [...(leaders.partitions[0]?.values ?? [])];
  isMember = true;
  const again = await producer.publish([publication(3)], 0);
  producer.close();

  assert.deepEqual(
    results.map((result) => result?.retriable),
    [true, true, true],
  );
  assert.match(results[0]?.message ?? '', /may not be in its group/);
  assert.deepEqual(written, []);
  assert.deepEqual(again, [null]);
  assert.deepEqual(leaders.partitions[0]?.values, ['3']);
});

test('what waits since before the group went on is not written after, when this process may write again', async () => {
  const leaders = new FakeLeaders(TOPIC, 1);
  let now = 0;
  const producer = open(leaders, {}, { mayWrite: (term) => term === now });
  const connected = Promise.withResolvers<void>();
  leaders.connecting = connected.promise;
  const waiting = producer.publish([publication(0)], 0);

  now = 1;
  const next = producer.publish([publication(1)], 1);
  connected.resolve();
  const results = [...(await waiting), ...(await next)];
  const again = await producer.publish([publication(1)], 1);
  producer.close();

  assert.deepEqual(
    results.map((result) => result?.retriable),
    [true, true],
  );
  assert.deepEqual(again, [null]);
  assert.deepEqual(leaders.partitions[0]?.values, ['1']);
});

test('a batch of unknown outcome is not sent again once the group may have gone on', async () => {
  const leaders = new FakeLeaders(TOPIC, 1);
  let isMember = true;
  const producer = open(leaders, {}, { mayWrite: () => isMember });
  leaders.fate = () => {
    isMember = false;
    leaders.fate = () => ANSWERED;
    return { type: 'lost' };
  };

  const [result] = await producer.publish([publication(0)], 0);
  isMember = true;
  const again = await producer.publish([publication(1)], 0);
  producer.close();

  assert.equal(result?.retriable, true);
  assert.deepEqual(again, [null]);
  assert.deepEqual(leaders.partitions[0]?.values, ['1']);
});

test('records that the broker refuses are found, and refused alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(59), { maxLength: 8 }), async (guilty) => {
      const leaders = new FakeLeaders(TOPIC, PARTITIONS);
      leaders.refuses = (value) => guilty.includes(Number(value));
      const producer = open(leaders);

      const results = await producer.publish(upTo(60).map(publication), 0);
      producer.close();

      assert.deepEqual(
        results.flatMap((result, i) => (result === null ? [] : [[i, result.code, result.retriable]])),
        guilty.toSorted((a, b) => a - b).map((i) => [i, 'E_SINK_REJECTED', false]),
      );
      const taken = upTo(60).filter((i) => !guilty.includes(i));
      leaders.partitions.forEach(({ values }, i) => assert.deepEqual(values, ofPartition(taken, i)));
    }),
  );
});

test('calls of one turn share requests', async () => {
  const leaders = new FakeLeaders(TOPIC, PARTITIONS);
  const producer = open(leaders, { recordBytesMax: 1_000_000 });
  await producer.publish([publication(0)], 0);
  leaders.requests = 0;

  await Promise.all(
    upTo(20).map((i) =>
      producer.publish(
        upTo(10).map((j) => publication(i * 10 + j)),
        0,
      ),
    ),
  );
  producer.close();

  assert.equal(leaders.requests, 2);
});

test('while a call fails no other is taken, and what is on its way keeps its own outcome', async () => {
  const leaders = new FakeLeaders(TOPIC, PARTITIONS);
  const producer = open(leaders);
  const slow = Promise.withResolvers<Fate>();
  const forbidden: Fate = { type: 'error', code: 29, isWritten: false };
  leaders.fate = (node) => (node === 0 ? forbidden : slow.promise);
  const numbers = upTo(21);
  const first = producer.publish(numbers.map(publication), 0);
  await eventually('both brokers are asked', () => leaders.requests === 2);

  const second = await producer.publish([publication(21)], 0);
  slow.resolve(ANSWERED);
  const results = await first;
  leaders.fate = () => ANSWERED;
  const third = await producer.publish([publication(22)], 0);
  producer.close();

  const isOfSlow = (i: number): boolean => ofPartition([i], 1).length === 1;
  assert.deepEqual(
    results.map((result) => result?.code ?? null),
    numbers.map((i) => (isOfSlow(i) ? null : 'E_KAFKA_FORBIDDEN')),
  );
  assert.deepEqual(
    [...results, ...second].filter((result) => result !== null && !result.retriable),
    [],
  );
  assert.deepEqual([second[0]?.code, third[0]], ['E_KAFKA_FORBIDDEN', null]);
});

test('a close lets what is under way end by itself', async () => {
  const leaders = new FakeLeaders(TOPIC, PARTITIONS);
  const producer = open(leaders);
  const fates: Fate[] = [{ type: 'lost' }, { type: 'unanswered' }];
  leaders.fate = () => fates.shift() ?? ANSWERED;

  const call = producer.publish(upTo(20).map(publication), 0);
  producer.close();

  assert.ok((await call).every((result) => result === null));
});

test('what fails while a connection is being made is not sent when it is there', async () => {
  const leaders = new FakeLeaders(TOPIC, 1);
  const producer = open(leaders, { timeoutMs: 50 });
  const connected = Promise.withResolvers<void>();
  leaders.connecting = connected.promise;
  const [failed] = await producer.publish([publication(0)], 0);

  connected.resolve();
  await eventually('it is taken', async () => (await producer.publish([publication(1)], 0))[0] === null);
  producer.close();

  assert.equal(failed?.retriable, true);
  assert.deepEqual(leaders.partitions[0]?.values, ['1']);
});
