import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../../src/model/errors.ts';
import { judge } from '../../../../src/transport/kafka/judge.ts';
import { transactionalIdOf } from '../../../../src/transport/kafka/partition-transactions.ts';
import { faultOfCode, forNow, refusalOf, verdictOf } from '../../../../src/transport/kafka/verdict.ts';
import { upTo } from '../../../contract/records.ts';

test('a code that is not in the table may hide a write', () => {
  assert.equal(verdictOf(-1), 'doubtful');
  assert.equal(verdictOf(7), 'doubtful');
  assert.equal(verdictOf(20), 'doubtful');
  assert.equal(verdictOf(9999), 'doubtful');
});

test('only what is the record’s own fault is for good', () => {
  for (const code of upTo(130)) {
    const verdict = verdictOf(code);
    if (verdict === 'divide') assert.equal(refusalOf(code, 't').retriable, false);
    else assert.equal(forNow(faultOfCode(code, 'writing')).retriable, true);
  }
  assert.deepEqual(
    upTo(130).filter((code) => verdictOf(code) === 'divide'),
    [10, 18, 32, 87],
  );
});

test('codes are told by their names, those that kafkajs does not know too', () => {
  assert.match(faultOfCode(19, 'writing').message, /writing: .*in-sync replicas/);
  assert.deepEqual([faultOfCode(90, '').code, faultOfCode(47, '').code], ['E_FENCED', 'E_FENCED']);
  assert.equal(faultOfCode(29, '').code, 'E_KAFKA_FORBIDDEN');
});

test('an error for now keeps what it says', () => {
  const fault = new EngineError('E_KAFKA_FORBIDDEN', 'no', { hint: 'ask', details: { topic: 't' } });

  const { code, message, hint, details, retriable } = forNow(fault);

  assert.deepEqual(
    [code, message, hint, details, retriable],
    ['E_KAFKA_FORBIDDEN', 'no', 'ask', { topic: 't' }, true],
  );
});

test('the size of a record counts key, value and headers; names are Kafka’s', () => {
  const record = {
    topic: 'a.b_c-1',
    key: Buffer.alloc(3),
    value: Buffer.alloc(5),
    headers: [['name', Buffer.alloc(2)]] as const,
    timestampMs: 0,
  };

  assert.equal(judge(record, 14), null);
  assert.equal(judge(record, 13)?.code, 'E_RECORD_TOO_LARGE');
  for (const topic of ['', '.', '..', 'a b', 'a/b', 'x'.repeat(250)])
    assert.equal(judge({ ...record, topic }, 100)?.code, 'E_SINK_REJECTED', topic);
});

test('no two partitions of any groups share a transactional id', () => {
  // A group may have a slash in its name, a topic may not.
  const ids = [
    transactionalIdOf('a', { topic: 'b', partition: 11 }),
    transactionalIdOf('a/b', { topic: 'c', partition: 1 }),
    transactionalIdOf('a/b', { topic: '1', partition: 1 }),
    transactionalIdOf('a/b/1', { topic: '1', partition: 1 }),
    transactionalIdOf('a', { topic: 'b', partition: 1 }),
  ];

  assert.equal(new Set(ids).size, ids.length);
});
