/** What the sink of `@platformatic/kafka` does where the library leaves it in doubt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Publication } from '../../src/model/delivery.ts';
import type { Sink } from '../../src/ports/sink.ts';
import { Leases } from '../../src/transport/kafka/lease.ts';
import { PlatformaticSink } from '../../src/transport/kafka/platformatic-sink.ts';
import { assert as must } from '../../src/model/assert.ts';
import { numbered, numbers, publications, sorted, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import type { Trouble } from './producing.ts';
import { API, makeTopic, PRODUCE, readTopic, testClient } from './producing.ts';
import { SINKS } from './sinks.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const HURRIED = { client, produce: { ...PRODUCE, timeoutMs: 300 }, tell: () => undefined };

function troubled(trouble: Trouble): Sink {
  const kind = SINKS.find(({ name }) => name === 'platformatic');
  must(kind !== undefined, 'it is one of the sinks');
  return kind.open(HURRIED, trouble);
}

function batch(topic: string, count: number, from: number): Publication[] {
  return publications(topic, numbered(count, 10, from));
}

test('what may still be written is written once, and nothing is written past it', { skip }, async (t) => {
  const topic = await makeTopic(client, { partitions: 2 });
  let isLosing = false;
  const sink = troubled((apiKey) => (isLosing && apiKey === API.produce ? 'unanswered' : null));
  t.after(() => sink.close());
  await sink.publish(batch(topic, 10, 0));

  isLosing = true;
  const unknown = await sink.publish(batch(topic, 10, 10));
  const refused = await sink.publish(batch(topic, 10, 20));
  isLosing = false;
  await eventually('it writes again', async () => (await sink.publish(batch(topic, 10, 30)))[0] === null);

  assert.ok([...unknown, ...refused].every((result) => result?.retriable === true));
  const written = sorted(numbers(await readTopic(client, topic)));
  assert.deepEqual(written, [...upTo(20), ...upTo(10).map((i) => i + 30)]);
});

test(
  'when the library gives up what may be written, nothing more is, and it says so',
  { skip },
  async (t) => {
    const [topic, other] = [await makeTopic(client, { partitions: 1 }), await makeTopic(client)];
    let isLosing = false;
    const sink = troubled((apiKey) => (isLosing && apiKey === API.produce ? 'unanswered' : null));
    t.after(() => sink.close());
    await sink.publish([...batch(topic, 1, 0), ...batch(other, 1, 0)]);

    isLosing = true;
    await sink.publish(batch(topic, 1, 1));
    const admin = client.kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    isLosing = false;
    const results = await eventually('it has given up', async () => {
      const [result] = await sink.publish(batch(other, 1, 2));
      return result?.message.includes('nothing more is written') === true && [result];
    });

    assert.deepEqual(
      results.map(({ code, retriable }) => [code, retriable]),
      [['E_KAFKA_FAILED', true]],
    );
    assert.deepEqual(numbers(await readTopic(client, other)), [0]);
  },
);

test(
  'nothing is written when others may have the partitions, and again when that is over',
  { skip },
  async (t) => {
    const topic = await makeTopic(client);
    const leases = Leases.of(1);
    const sink = new PlatformaticSink({ ...HURRIED, produce: PRODUCE, leases });
    t.after(() => sink.close());

    leases.of(0).expire();
    const refused = await sink.publish(batch(topic, 5, 0));
    leases.of(0).release();
    const taken = await sink.publish(batch(topic, 5, 5));

    assert.ok(refused.every((result) => result?.retriable === true));
    assert.ok(taken.every((result) => result === null));
    assert.deepEqual(sorted(numbers(await readTopic(client, topic))), [5, 6, 7, 8, 9]);
  },
);
