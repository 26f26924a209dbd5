/** What commands ask of a cluster and change in it, on real brokers. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { main } from '../../src/cli/cli.ts';
import { KafkaAdmin } from '../../src/transport/kafka/admin.ts';
import { Brokers } from '../../src/transport/kafka/brokers.ts';
import { createClient } from '../../src/transport/kafka/client.ts';
import { Coordinator } from '../../src/transport/kafka/coordinator.ts';
import { protocolError } from '../../src/transport/kafka/faults.ts';
import { commitOffsets } from '../../src/transport/kafka/offsets.ts';
import { eventually } from '../helpers/eventually.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { unsecuredToken, USERS } from '../helpers/kafka/security.ts';
import { skipClusters, useKafka } from '../helpers/kafka/use-kafka.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';
import { Reader } from './consuming.ts';
import { makeTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const skipClusterTests = await skipClusters();
const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
const setup = kafka.admin();
if (skip === false) await setup.connect();
after(() => setup.disconnect());

const SETTINGS = {
  brokers,
  clientId: 'admin',
  tls: null,
  sasl: null,
  connectTimeoutMs: 3000,
  requestTimeoutMs: 30_000,
  backoffMs: 100,
  backoffMaxMs: 1000,
  log: (): void => undefined,
};

function open(t: TestEnd, at: readonly string[] = brokers): KafkaAdmin {
  const admin = new KafkaAdmin({ ...SETTINGS, brokers: at }, { isolation: 'read-committed', withinMs: 9000 });
  t.after(() => admin.close());
  return admin;
}

/** A topic with records, a minute apart from this hour on, all in partition 0 of 2. */
async function filled(records: number): Promise<{ readonly topic: string; readonly startMs: number }> {
  const topic = await makeTopic(testClient(brokers), { name: `admin-${randomUUID()}`, partitions: 2 });
  const startMs = Date.now() - 3_600_000;
  const producer = kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  const messages = Array.from({ length: records }, (_, i) => ({
    value: String(i),
    timestamp: String(startMs + i * 60_000),
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
  return { topic, startMs };
}

test(
  'a moment is an offset of each partition: the start, the end, the first record of a time',
  { skip },
  async (t) => {
    const { topic, startMs } = await filled(10);
    const admin = open(t);
    const places = [0, 1].map((partition) => ({ topic, partition }));
    const offsets = async (at: 'earliest' | 'latest' | number): Promise<readonly number[]> =>
      (await admin.offsetsAt(places, at)).map(({ offset }) => offset);

    assert.deepEqual(await offsets('earliest'), [0, 0]);
    assert.deepEqual(await offsets('latest'), [10, 0]);
    assert.deepEqual(await offsets(startMs + 3 * 60_000), [3, 0]);
    assert.deepEqual(await offsets(startMs + 3 * 60_000 + 1), [4, 0]);
    assert.deepEqual(await offsets(startMs + 100 * 60_000), [10, 0]);
  },
);

test('the topics that exist are listed with what they hold', { skip }, async (t) => {
  const { topic } = await filled(3);

  const listed = await open(t).topics();

  assert.deepEqual(
    listed.find(({ name }) => name === topic),
    {
      name: topic,
      isInternal: false,
      partitions: [
        { partition: 0, start: 0, end: 3 },
        { partition: 1, start: 0, end: 0 },
      ],
      offline: [],
    },
  );
});

test('positions are stored with their notes, and read back', { skip }, async (t) => {
  const { topic } = await filled(5);
  const group = `group-${randomUUID()}`;
  const admin = open(t);
  const places = [0, 1].map((partition) => ({ topic, partition }));

  const before = await admin.positions(group, places);
  await admin.setPositions(group, [{ topic, partition: 0, offset: 3, metadata: 'a note' }]);
  const after_ = await admin.positions(group, places);

  assert.deepEqual(before, []);
  assert.deepEqual(after_, [{ topic, partition: 0, offset: 3, metadata: 'a note' }]);
  assert.deepEqual(await admin.group(group), { state: 'Empty', members: [] });
});

test('the broker itself refuses positions of a group that has members', { skip }, async (t) => {
  const { topic } = await filled(1);
  const group = `group-${randomUUID()}`;
  const client = createClient(SETTINGS);
  const reader = await new Reader(client, { group, subscribes: (name) => name === topic }).open();
  const direct = new Brokers(client);
  t.after(async () => {
    direct.close();
    await reader.close();
  });
  await eventually('the partitions', () => reader.held.size === 2);

  const committing = commitOffsets(new Coordinator(direct, group), group, { memberId: '', generation: -1 }, [
    { topic, partition: 0, offset: 0, metadata: '' },
  ]);

  await assert.rejects(committing, (error) => protocolError(error) === 'UNKNOWN_MEMBER_ID');
});

test('a partition that nobody leads is told, and hides no other', { skip: skipClusterTests }, async (t) => {
  const cluster = await startKafka({ nodes: 3 });
  t.after(() => cluster.close());
  const owner = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).admin();
  await owner.connect();
  const replicaAssignment = [0, 1].map((partition) => ({ partition, replicas: [partition] }));
  await owner.createTopics({ topics: [{ topic: 'split', replicaAssignment }], waitForLeaders: false });
  await owner.disconnect();

  await cluster.kill(1);

  const split = await eventually('nobody leads partition 1', async () => {
    const listed = await open(t, [cluster.brokers[0] ?? '']).topics();
    return listed.find(({ name, offline }) => name === 'split' && offline.length > 0);
  });
  assert.deepEqual(split.offline, [1]);
  assert.deepEqual(
    split.partitions.map(({ partition }) => partition),
    [0],
  );
});

test(
  'every way to log in goes from the config to the brokers, and shows no secret',
  { skip: skipClusterTests },
  async (t) => {
    const cluster = await startKafka({ security: 'sasl-tls' });
    t.after(() => cluster.close());
    const dir = temporaryDirectory(t);
    const { username, password } = USERS.owner;
    const token = join(dir, 'token.mjs');
    const secret = join(dir, 'password');
    writeFileSync(token, `export default async () => ${JSON.stringify(unsecuredToken(USERS.owner))};\n`);
    writeFileSync(secret, `${password}\n`);
    const by = (mechanism: string): string[] => ['--kafka-sasl-mechanism', mechanism];
    const user = ['--kafka-sasl-username', username];
    const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
      const terminal = fakeTerminal();
      const tls = ['--kafka-tls-enabled', 'true', '--kafka-tls-ca-file', cluster.tls?.ca ?? ''];
      const at = ['--transport', 'kafka', '--brokers', cluster.brokers.join()];
      const code = await main(['topics', ...at, ...tls, ...args], terminal, env);
      return { code, shown: terminal.out() + terminal.err() };
    };

    const plain = await run([...by('plain'), ...user], { FAULTLINE_KAFKA_SASL_PASSWORD: password });
    const scram256 = await run([...by('scram-sha-256'), ...user, '--kafka-sasl-password-file', secret]);
    const scram512 = await run([...by('scram-sha-512'), ...user, '--kafka-sasl-password-file', secret]);
    const oauth = await run([...by('oauthbearer'), '--kafka-sasl-token-module', token]);
    const wrong = await run([...by('plain'), ...user], { FAULTLINE_KAFKA_SASL_PASSWORD: 'hunter2' });

    assert.deepEqual(
      [plain, scram256, scram512, oauth].map(({ code }) => code),
      [0, 0, 0, 0],
    );
    assert.equal(wrong.code, 3);
    assert.match(wrong.shown, /authentication failed.*\n.*\(E_KAFKA_AUTH\)/i);
    for (const { shown } of [plain, scram256, scram512, oauth, wrong]) {
      assert.doesNotMatch(shown, new RegExp(`${password}|hunter2`));
    }
  },
);

test('topics that come and go meanwhile fail no listing', { skip }, async (t) => {
  const kept = await filled(3);
  let isDone = false;
  const churn = async (): Promise<void> => {
    while (!isDone) {
      const names = Array.from({ length: 5 }, () => `gone-${randomUUID()}`);
      const topics = names.map((topic) => ({ topic, numPartitions: 3 }));
      await setup.createTopics({ topics, waitForLeaders: false });
      await setup.deleteTopics({ topics: names });
    }
  };
  const churning = churn();
  t.after(async () => {
    isDone = true;
    await churning;
  });

  for (let turn = 0; turn < 40; turn += 1) {
    const topics = await open(t).topics();
    assert.deepEqual(topics.find(({ name }) => name === kept.topic)?.partitions.length, 2);
  }
});
