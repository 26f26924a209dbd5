/** An analyzer that takes longer than the session of its group: the member stays in it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { ProbeEvent } from '../../src/ports/probe.ts';
import { KafkaSink } from '../../src/transport/kafka/sink.ts';
import { analyzerPath, order } from '../helpers/batches.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import { makeTopic, PRODUCE, readTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const HANDLER_MS = 20_000;
const SESSION_MS = 6000;

test('a handler of 20 s keeps its member in a group with a session of 6 s', { skip }, async (t) => {
  const [input, findings, deadLetters] = await Promise.all([1, 2, 3].map(() => makeTopic(client)));
  assert.ok(input !== undefined && findings !== undefined && deadLetters !== undefined);
  const sink = new KafkaSink({ client, produce: PRODUCE, tell: () => undefined });
  t.after(() => sink.close());
  const value = Buffer.from(order('pause', HANDLER_MS));
  await sink.publish([{ topic: input, key: Buffer.from('k'), value, headers: [], timestampMs: 0 }]);
  const system = {
    transport: 'kafka',
    threads: 1,
    eventTimeoutMs: 2 * HANDLER_MS,
    control: 'none',
    kafka: { brokers: brokers.join(), session: { timeoutMs: SESSION_MS, heartbeatMs: 1000 } },
  };
  const task = {
    topics: [`^${input}$`],
    group: randomUUID(),
    analyzer: analyzerPath('obedient.ts'),
    outputs: { findings, deadLetters },
  };
  const text = JSON.stringify({ system, tasks: { slow: task } });
  const seen: ProbeEvent['type'][] = [];

  const app = await openApp(parseConfig({ file: { name: 'slow.json', text } }), {
    logger: createLogger({ level: 'silent', format: 'json' }),
    untilIdle: true,
    probes: [({ type }) => seen.push(type)],
  });
  await app.run();

  assert.equal((await readTopic(client, findings)).length, 1);
  assert.deepEqual(
    ['rebalanced', 'revoked', 'out-of-group', 'dead-letter'].map(
      (type) => seen.filter((each) => each === type).length,
    ),
    [1, 0, 0, 0],
  );
});
