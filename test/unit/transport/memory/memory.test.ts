import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBroker } from '../../../../src/transport/memory/broker.ts';
import { MemorySink } from '../../../../src/transport/memory/sink.ts';
import { numbered, publications } from '../../../contract/records.ts';

test('records without a key spread over all partitions', () => {
  const broker = new MemoryBroker({ partitions: 3 });

  broker.append(
    't',
    numbered(9).map((record) => ({ ...record, key: null })),
  );

  assert.deepEqual(
    broker.topic('t').map((deliveries) => deliveries.length),
    [3, 3, 3],
  );
});

test('a sink keeps what it was given, in order', async () => {
  const sink = new MemorySink();
  const given = publications('t', numbered(5));

  await sink.publish(given.slice(0, 2));
  await sink.publish(given.slice(2));

  assert.deepEqual(sink.publications, given);
});

test('a sink that does not keep only counts', async () => {
  const sink = new MemorySink({ keep: false });

  const results = await sink.publish(publications('t', numbered(5)));

  assert.deepEqual(results, new Array(5).fill(null));
  assert.deepEqual([sink.count, sink.publications.length], [5, 0]);
});
