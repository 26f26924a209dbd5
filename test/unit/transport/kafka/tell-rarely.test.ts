import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from '../../../../src/transport/kafka/backoff.ts';
import type { KafkaEvent } from '../../../../src/transport/kafka/settings.ts';
import { tellRarely } from '../../../../src/transport/kafka/tell-rarely.ts';

function fault(message: string): KafkaEvent {
  return { type: 'group-fault', group: 'g', fault: { code: 'E_KAFKA_FAILED', message, retriable: true } };
}

test('a fault is told when it is new and again after a while, anything else always', () => {
  let nowMs = 0;
  const told: KafkaEvent[] = [];
  const tell = tellRarely(
    (event) => told.push(event),
    () => nowMs,
  );
  const other: KafkaEvent = { type: 'out-of-range', group: 'g', topic: 't', partition: 0, from: 1, to: 2 };

  for (nowMs = 0; nowMs < 25_000; nowMs += 1000) tell(fault('a'));
  for (const event of [fault('b'), other, other]) tell(event);

  assert.deepEqual(told, [fault('a'), fault('a'), fault('a'), fault('b'), other, other]);
});

test('waits double up to the longest, and begin anew after a success', () => {
  const backoff = new Backoff({ backoffMs: 100, backoffMaxMs: 1000 });

  const waits = Array.from({ length: 6 }, () => backoff.nextMs());
  backoff.reset();

  [100, 200, 400, 800, 1000, 1000].forEach((fullMs, i) => {
    const ms = waits[i] ?? 0;
    assert.ok(ms >= fullMs / 2 && ms <= fullMs, `${ms} of ${fullMs}`);
  });
  assert.ok(backoff.nextMs() <= 100);
});
