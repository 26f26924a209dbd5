import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Brokers } from '../../src/transport/kafka/brokers.ts';
import { createClient } from '../../src/transport/kafka/client.ts';
import { Coordinator } from '../../src/transport/kafka/coordinator.ts';
import { kafkaFault } from '../../src/transport/kafka/faults.ts';
import type { Broker } from '../../src/transport/kafka/internals.ts';
import type { KafkaSettings } from '../../src/transport/kafka/settings.ts';
import { eventually } from '../helpers/eventually.ts';
import type { FakeKafkaBroker, Fate } from './fake-kafka-broker.ts';
import { API, coordinatorAt, mechanism, noMetadata, refused, startFakeBroker } from './fake-kafka-broker.ts';

const WITHIN = { timeout: 20_000 };
const BEAT = { groupId: 'g', groupGenerationId: 1, memberId: 'm' };
const PLAIN = { mechanism: 'plain', username: 'u', password: 'p' } as const;

function brokersOf(addresses: readonly FakeKafkaBroker[], more: Partial<KafkaSettings> = {}): Brokers {
  const settings: KafkaSettings = {
    brokers: addresses.map(({ address }) => address),
    clientId: 'test',
    tls: null,
    sasl: null,
    connectTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    backoffMs: 1,
    backoffMaxMs: 10,
    log: () => undefined,
    ...more,
  };
  return new Brokers(createClient(settings));
}

test('a silent broker is found out, whatever happens to the clock on the wall', WITHIN, async (t) => {
  const silent = await startFakeBroker(t, () => 'silence');
  const brokers = brokersOf([silent], { requestTimeoutMs: 200 });
  t.after(() => brokers.close());
  t.mock.method(Date, 'now', () => 0);

  const asking = brokers.metadata(null);

  await assert.rejects(
    asking.catch((error: unknown) => {
      throw kafkaFault(error, 'asking for the topics');
    }),
    {
      code: 'E_KAFKA_UNREACHABLE',
      message: `asking for the topics: Metadata was not answered by ${silent.address} within 200 ms`,
    },
  );
});

test('a clock that is set forward ends no request', WITHIN, async (t) => {
  const clock = { aheadMs: 0 };
  const now = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => now() + clock.aheadMs);
  const broker = await startFakeBroker(t, (key) => (key === API.heartbeat ? 'silence' : noMetadata()));
  const brokers = brokersOf([broker]);
  t.after(() => brokers.close());
  let isBeatOver = false;
  const beating = brokers
    .askAt(broker, 'group', (at) => at.heartbeat(BEAT))
    .catch(() => {
      isBeatOver = true;
    });
  await eventually('a heartbeat', () => broker.asked.includes(API.heartbeat));

  clock.aheadMs = 60_000;
  for (let i = 0; i < 200; i += 1) await brokers.metadata(null);

  assert.equal(isBeatOver, false);
  brokers.close();
  await beating;
});

test('whoever looks for the coordinator asks a broker last that has just been silent', WITHIN, async (t) => {
  const answer = (key: number): Fate =>
    key === API.coordinator ? coordinatorAt(silent.port) : key === API.heartbeat ? 'silence' : noMetadata();
  const silent: FakeKafkaBroker = await startFakeBroker(t, answer);
  const other = await startFakeBroker(t, answer);
  const brokers = brokersOf([silent, other]);
  t.after(() => brokers.close());
  const coordinator = new Coordinator(brokers, 'g');
  const beat = (): Promise<unknown> => coordinator.ask('group', (at) => at.heartbeat(BEAT));
  const lookups = ({ asked }: FakeKafkaBroker): number =>
    asked.filter((key) => key === API.coordinator).length;
  const beating = beat();
  beating.catch(() => undefined);
  await eventually('a heartbeat', () => silent.asked.includes(API.heartbeat));
  const before = lookups(silent);

  coordinator.drop('group');
  await assert.rejects(beating, { message: /given up/ });
  beat().catch(() => undefined);
  await eventually('a heartbeat', () => silent.asked.filter((key) => key === API.heartbeat).length === 2);

  assert.deepEqual([lookups(silent), lookups(other)], [before, 1]);
});

test('dropping a connection frees those who wait for it to be open', WITHIN, async (t) => {
  const broker = await startFakeBroker(t, () => mechanism('OAUTHBEARER'));
  const asked = Promise.withResolvers<void>();
  const token = (): Promise<string> => {
    asked.resolve();
    return new Promise(() => undefined);
  };
  const brokers = brokersOf([broker], { sasl: { mechanism: 'oauthbearer', token } });
  t.after(() => brokers.close());
  const first = brokers.askAt(broker, 'group', async () => 'first');
  const second = brokers.askAt(broker, 'group', async () => 'second');
  await asked.promise;

  brokers.drop(broker, 'group');

  const expected = { code: 'E_KAFKA_UNREACHABLE', message: /given up/ };
  await Promise.all([assert.rejects(first, expected), assert.rejects(second, expected)]);
});

test(
  'a login that breaks off is a fault of the connection, and another broker is asked',
  WITHIN,
  async (t) => {
    const cut = await startFakeBroker(t, (key) => (key === API.handshake ? mechanism('PLAIN') : 'cut'));
    const other = await startFakeBroker(t, (key) => (key === API.handshake ? mechanism('PLAIN') : 'cut'));
    const brokers = brokersOf([cut, other], { sasl: PLAIN });
    t.after(() => brokers.close());

    const failure = kafkaFault(await brokers.metadata(null).catch((error: unknown) => error), 'asking');

    assert.deepEqual([failure.code, failure.retriable], ['E_KAFKA_UNREACHABLE', true]);
    assert.ok(cut.asked.includes(API.login) && other.asked.includes(API.login));
  },
);

test('a login that is not answered is a fault of the connection', WITHIN, async (t) => {
  const silent = await startFakeBroker(t, (key) => (key === API.handshake ? mechanism('PLAIN') : 'silence'));
  const brokers = brokersOf([silent], { sasl: PLAIN, connectTimeoutMs: 500 });
  t.after(() => brokers.close());

  const failure = kafkaFault(await brokers.metadata(null).catch((error: unknown) => error), 'asking');

  assert.equal(failure.code, 'E_KAFKA_UNREACHABLE');
  assert.match(failure.message, /^asking: SaslAuthenticate was not answered by .* within 500 ms$/);
});

test('a login that a broker refuses is told in its words', WITHIN, async (t) => {
  const broker = await startFakeBroker(t, (key) =>
    key === API.handshake ? mechanism('PLAIN') : refused('Authentication failed: who is u?'),
  );
  const brokers = brokersOf([broker], { sasl: PLAIN });
  t.after(() => brokers.close());

  const asking = (at: Broker): Promise<unknown> => at.metadata([]);
  const failure = kafkaFault(await brokers.askAny(asking).catch((error: unknown) => error), 'asking');

  assert.equal(failure.code, 'E_KAFKA_AUTH');
  assert.equal(failure.message, 'asking: Authentication failed: who is u?');
});
