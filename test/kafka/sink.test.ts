/** The sinks on a real broker: what is acknowledged is written once and in order, whatever the network does. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import type { Publication } from '../../src/model/delivery.ts';
import type { EngineError } from '../../src/model/errors.ts';
import type { Sink } from '../../src/ports/sink.ts';
import type { ProduceSettings } from '../../src/transport/kafka/settings.ts';
import { assertKeyOrder, numbered, numbers, publications, sorted, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import { consoleConsume, consoleProduce } from '../helpers/kafka/java.ts';
import { skipClusters, useKafka } from '../helpers/kafka/use-kafka.ts';
import type { Trouble } from './producing.ts';
import { API, makeTopic, PRODUCE, readTopic, testClient } from './producing.ts';
import type { SinkKind } from './sinks.ts';
import { SINKS } from './sinks.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const noJava = skip === false ? await skipClusters() : skip;

/** Opens one that is closed with its test. */
type Open = (
  t: TestContext,
  options?: { produce?: Partial<ProduceSettings>; trouble?: Trouble; told?: EngineError[] },
) => Sink;

function openerOf(kind: SinkKind): Open {
  return (t, { produce, trouble, told } = {}) => {
    const tell = (fault: EngineError) => told?.push(fault);
    const sink = kind.open({ client, produce: { ...PRODUCE, ...produce }, tell }, trouble);
    t.after(() => sink.close());
    return sink;
  };
}

/** Fails requests of one kind, by turns: `pattern` again and again. */
function byTurns(apiKey: number, pattern: readonly ReturnType<Trouble>[]): Trouble {
  let turn = 0;
  return (asked) => (asked === apiKey ? (pattern[turn++ % pattern.length] ?? null) : null);
}

function batch(topic: string, count: number, from = 0): Publication[] {
  return publications(topic, numbered(count, 10, from));
}

function sinkPromises(kind: SinkKind): void {
  const openSink = openerOf(kind);

  test('when answers are lost, each record is written once and in order', { skip }, async (t) => {
    const topic = await makeTopic(client);
    const trouble = byTurns(API.produce, ['unanswered', 'unsent', 'unanswered', null]);
    const sink = openSink(t, { trouble });

    const results = await Promise.all(upTo(40).map((i) => sink.publish(batch(topic, 25, i * 25))));

    assert.ok(results.flat().every((result) => result === null));
    const written = await readTopic(client, topic);
    assert.deepEqual(sorted(numbers(written)), upTo(1000));
    assertKeyOrder(written);
  });

  test(
    'after a failure whose outcome is not known, what is published then is written, other records too',
    { skip },
    async (t) => {
      const topic = await makeTopic(client, { partitions: 1 });
      let trouble: Trouble = () => null;
      const sink = openSink(t, {
        trouble: (apiKey) => trouble(apiKey),
        produce: { timeoutMs: 300 },
      });
      await sink.publish(batch(topic, 10));

      trouble = (apiKey) => (apiKey === API.produce ? 'unanswered' : null);
      const unknown = await sink.publish(batch(topic, 10, 10));
      trouble = () => null;
      const others = await eventually('it writes again', async () => {
        const results = await sink.publish(batch(topic, 10, 20));
        return results.every((result) => result === null) && results;
      });

      assert.ok(unknown.every((result) => result?.retriable === true));
      assert.equal(others.length, 10);
      const written = numbers(await readTopic(client, topic));
      assert.deepEqual(sorted([...new Set(written)]), upTo(30));
    },
  );

  test(
    'a batch that is too large for its topic is divided; only the guilty record is refused',
    { skip },
    async (t) => {
      const topic = await makeTopic(client, { partitions: 1, config: { 'max.message.bytes': '4096' } });
      const sink = openSink(t);
      const all = batch(topic, 500);
      const value = Buffer.alloc(5000);
      for (const i of [77, 400])
        all[i] = { topic, key: Buffer.from('large'), value, headers: [], timestampMs: 1 };

      const results = await sink.publish(all);

      const refused = results.flatMap((result, i) =>
        result === null ? [] : [[i, result.code, result.retriable]],
      );
      assert.deepEqual(refused, [
        [77, 'E_RECORD_TOO_LARGE', false],
        [400, 'E_RECORD_TOO_LARGE', false],
      ]);
      const written = await readTopic(client, topic);
      assert.deepEqual(
        numbers(written),
        upTo(500).filter((i) => i !== 77 && i !== 400),
      );
    },
  );

  test('what the broker finds wrong with one record is that record’s alone', { skip }, async (t) => {
    const topic = await makeTopic(client, { partitions: 1, config: { 'cleanup.policy': 'compact' } });
    const sink = openSink(t);
    const all = batch(topic, 100);
    all[50] = {
      topic,
      key: null,
      value: Buffer.from('a compacted topic takes no record without a key'),
      headers: [],
      timestampMs: 1,
    };

    const results = await sink.publish(all);

    const refused = results.flatMap((result, i) =>
      result === null ? [] : [[i, result.code, result.retriable]],
    );
    assert.deepEqual(refused, [[50, 'E_SINK_REJECTED', false]]);
    assert.equal((await readTopic(client, topic)).length, 99);
  });

  test(
    'a topic that is not there is an error for now, and is written to when it has come',
    { skip },
    async (t) => {
      const topic = `t-${randomUUID()}`;
      const sink = openSink(t);

      const refused = await sink.publish(batch(topic, 3));
      await makeTopic(client, { name: topic });
      await eventually('it is taken', async () => (await sink.publish(batch(topic, 1)))[0] === null);

      assert.deepEqual(
        refused.map((result) => [result?.code, result?.retriable]),
        new Array(3).fill(['E_KAFKA_TOPIC', true]),
      );
    },
  );

  test('a name that no topic can have is refused for good', { skip }, async (t) => {
    const sink = openSink(t);

    const [result] = await sink.publish(batch('no topic/name', 1));

    assert.deepEqual([result?.code, result?.retriable], ['E_SINK_REJECTED', false]);
  });

  test('records without a key spread over all partitions', { skip }, async (t) => {
    const topic = await makeTopic(client, { partitions: 4 });
    const sink = openSink(t);
    const value = Buffer.alloc(1000);

    await sink.publish(upTo(200).map((i) => ({ topic, key: null, value, headers: [], timestampMs: i })));

    const partitions = (await readTopic(client, topic)).map(({ partition }) => partition);
    const counts = upTo(4).map((partition) => partitions.filter((each) => each === partition).length);
    assert.ok(
      counts.every((count) => count > 20),
      `${counts.join()} of 200`,
    );
  });

  test('a key goes to the partition that the Java client gives it', { skip: noJava }, async (t) => {
    const [ours, theirs] = [
      await makeTopic(client, { partitions: 7 }),
      await makeTopic(client, { partitions: 7 }),
    ];
    const keys = upTo(60).map((i) => `${'key-with-a-tail'.slice(0, i % 15)}${i}é`);
    const sink = openSink(t);

    await sink.publish(
      keys.map((key) => ({
        topic: ours,
        key: Buffer.from(key),
        value: Buffer.from(key),
        headers: [],
        timestampMs: 1,
      })),
    );
    await consoleProduce({ brokers, topic: theirs, records: keys.map((key) => ({ key, value: key })) });

    const places = async (topic: string): Promise<Map<string, number>> =>
      new Map(
        (await readTopic(client, topic)).map(({ key, partition }) => [
          Buffer.from(key ?? []).toString(),
          partition,
        ]),
      );
    assert.deepEqual(await places(ours), await places(theirs));
  });

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    test(`${compression}: the Java client reads what the sink writes`, { skip: noJava }, async (t) => {
      const topic = await makeTopic(client, { partitions: 1 });
      const sink = openSink(t, { produce: { compression } });
      const records = upTo(300).map((i) => `value ${i} of many that are alike`);

      await sink.publish(
        records.map((value, i) => ({
          topic,
          key: Buffer.from(`k${i}`),
          value: Buffer.from(value),
          headers: [['faultline-id', Buffer.from(String(i))]],
          timestampMs: 1_700_000_000_000,
        })),
      );

      const read = await consoleConsume({ brokers, topic, count: 300 });
      assert.deepEqual(
        read.map(({ key, value, headers }) => [key, value?.toString(), headers]),
        records.map((value, i) => [`k${i}`, value, { 'faultline-id': String(i) }]),
      );
    });
  }

  test(
    'with no broker there, calls fail for now within their time, and so does the close end',
    { skip },
    async () => {
      const told: EngineError[] = [];
      const sink = kind.open({
        client: testClient(['127.0.0.1:1']),
        produce: { ...PRODUCE, timeoutMs: 300 },
        tell: (fault) => told.push(fault),
      });

      const calls = upTo(3).map((i) => sink.publish(batch('nowhere', 2, i)));
      await sink.close();

      const results = (await Promise.all(calls)).flat();
      assert.deepEqual(
        results.map((result) => [result?.code, result?.retriable]),
        new Array(6).fill(['E_KAFKA_UNREACHABLE', true]),
      );
      assert.ok(told.length > 1);
    },
  );
}

for (const kind of SINKS) describe(`produce.client ${kind.name}`, () => sinkPromises(kind));

for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
  test(`${compression}: what the Java client writes can be decompressed`, { skip: noJava }, async () => {
    const topic = await makeTopic(client, { partitions: 1 });
    const records = upTo(500).map((i) => ({
      key: `k${i}`,
      value: `value ${i} of many that are alike`.repeat(20),
    }));

    await consoleProduce({ brokers, topic, records, compression });

    const read = await readTopic(client, topic);
    assert.deepEqual(
      read.map(({ key, value }) => ({ key: String(key), value: String(value) })),
      records,
    );
  });
