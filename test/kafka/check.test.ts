/** What is looked at before a process begins to read, on real brokers: versions, topics, rights, settings. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { Admin } from 'kafkajs';
import kafkajs from 'kafkajs';
import { EngineError } from '../../src/model/errors.ts';
import type { CheckOptions } from '../../src/transport/kafka/check.ts';
import { checkBrokers } from '../../src/transport/kafka/check.ts';
import type { KafkaSettings } from '../../src/transport/kafka/settings.ts';
import { eventually } from '../helpers/eventually.ts';
import type { KafkaCluster } from '../helpers/kafka/cluster.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import { USERS } from '../helpers/kafka/security.ts';
import { skipClusters, useKafka } from '../helpers/kafka/use-kafka.ts';
import { makeTopic, testClient } from './producing.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } =
  kafkajs;

const { brokers, skip } = await useKafka();
const skipSecured = await skipClusters();
const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
if (skip === false) await admin.connect();
after(() => admin.disconnect());
function settings(over: Partial<KafkaSettings> = {}): KafkaSettings {
  return {
    brokers,
    clientId: 'checked',
    tls: null,
    sasl: null,
    connectTimeoutMs: 3000,
    requestTimeoutMs: 30_000,
    backoffMs: 100,
    backoffMaxMs: 1000,
    log: () => undefined,
    ...over,
  };
}

/** One task that reads `input` and writes to `output`. */
function checking(input: string, output: string, over: Partial<CheckOptions> = {}): CheckOptions {
  const task = {
    name: 'mine',
    group: `group-${input}`,
    patterns: [input],
    subscribes: (topic: string) => topic === input,
    outputs: (topic: string | null) => (topic === null ? [output] : []),
  };
  return {
    withinMs: 9000,
    tasks: [task],
    sessionTimeoutMs: 30_000,
    recordBytesMax: 1_000_000,
    exactlyOnce: false,
    ...over,
  };
}

async function failureOf(options: CheckOptions, with_: KafkaSettings = settings()): Promise<EngineError> {
  try {
    await checkBrokers(with_, options);
  } catch (error) {
    assert.ok(error instanceof EngineError);
    return error;
  }
  return assert.fail('nothing was found');
}

function topic(config: Readonly<Record<string, string>> = {}): Promise<string> {
  return makeTopic(testClient(brokers), { name: `checked-${randomUUID()}`, partitions: 1, config });
}

test('brokers that are ready give no reason not to begin', { skip }, async () => {
  const [input, output] = [await topic(), await topic()];

  const plain = await checkBrokers(settings(), checking(input, output));
  const exactly = await checkBrokers(settings(), checking(input, output, { exactlyOnce: true }));

  assert.deepEqual([plain.warnings, plain.unchecked], [[], []]);
  assert.deepEqual(exactly.warnings, []);
  assert.match(exactly.unchecked.join(), /^the right Write on transactional ids faultline\/group-.*\/…: /);
});

test('a task without a topic is a warning that names its patterns', { skip }, async () => {
  const output = await topic();

  const { warnings } = await checkBrokers(settings(), checking('no-such-topic', output));

  assert.deepEqual(warnings, [
    'task mine has nothing to read: no topic that may be seen matches no-such-topic',
  ]);
});

test('an output topic that is missing says how it is made, and is not made', { skip }, async () => {
  const input = await topic();
  const missing = `missing-${randomUUID()}`;

  const { code, message, hint } = await failureOf(checking(input, missing));

  assert.equal(code, 'E_KAFKA_TOPIC');
  assert.equal(message, `the output topic ${missing} does not exist`);
  assert.match(hint, new RegExp(`^kafka-topics\\.sh --bootstrap-server \\S+ --create --topic ${missing} `));
  assert.equal((await admin.listTopics()).includes(missing), false);
});

test(
  'a topic that takes less than the largest record, and a session out of bounds, are both told',
  { skip },
  async () => {
    const [input, output] = [await topic(), await topic({ 'max.message.bytes': '500000' })];

    const { code, message } = await failureOf(checking(input, output, { sessionTimeoutMs: 3_000_000 }));

    assert.equal(code, 'E_KAFKA_SETTING');
    assert.match(message, /2 things are missing:\n/);
    assert.match(
      message,
      /recordBytesMax is 1000000, and topic checked-\S+ takes 500000 bytes \(max\.message\.bytes\)/,
    );
    assert.match(message, /kafka-configs\.sh .* --add-config max\.message\.bytes=1000512\n/);
    assert.match(message, /kafka\.session\.timeoutMs is 3000000, and the brokers take \d+ to 1800000/);
  },
);

test('without brokers it is said that none can be reached', async () => {
  const { code, message } = await failureOf(checking('a', 'b'), settings({ brokers: ['127.0.0.1:1'] }));

  assert.equal(code, 'E_KAFKA_UNREACHABLE');
  assert.match(message, /^looking at the brokers at 127\.0\.0\.1:1: .*ECONNREFUSED/);
});

test(
  'TLS that does not fit is said in one sentence, whichever side is wrong',
  { skip: skipSecured },
  async (t) => {
    const cluster = await startKafka({ security: 'mutual-tls' });
    t.after(() => cluster.close());
    const pem = (file: string | undefined): string => readFileSync(file ?? '', 'utf8');
    const { tls } = cluster;
    const over = { brokers: cluster.brokers };
    const known = {
      ca: pem(tls?.ca),
      client: { cert: pem(tls?.cert), key: pem(tls?.key), passphrase: null },
    };

    const fits = await checkBrokers(
      settings({ ...over, tls: { ...known, serverName: null } }),
      checking('a', 'b', { tasks: [] }),
    );
    const codes = [];
    for (const wrong of [
      { ...known, ca: null, serverName: null },
      { ...known, client: null, serverName: null },
      { ...known, serverName: 'another.example' },
    ]) {
      codes.push((await failureOf(checking('a', 'b'), settings({ ...over, tls: wrong }))).code);
    }
    const plain = await failureOf(checking('a', 'b'), settings(over));

    assert.deepEqual(fits.warnings, []);
    assert.deepEqual(codes, ['E_KAFKA_TLS', 'E_KAFKA_TLS', 'E_KAFKA_TLS']);
    assert.equal(plain.code, 'E_KAFKA_UNREACHABLE');
  },
);

type Acl = Parameters<Admin['createAcls']>[0]['acl'][number];

/** Gives the stranger rights on the cluster with SASL. */
async function allow(
  cluster: KafkaCluster,
  rights: readonly (readonly [kind: Acl['resourceType'], name: string, operation: Acl['operation']])[],
): Promise<void> {
  const owner = new Kafka({ brokers: [...cluster.insideBrokers], logLevel: logLevel.NOTHING }).admin();
  await owner.connect();
  await owner.createAcls({
    acl: rights.map(([resourceType, resourceName, operation]) => ({
      resourceType,
      resourceName,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:stranger',
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  });
  await owner.disconnect();
}

test(
  'who may not log in, and each right that is missing, is told with what to do',
  { skip: skipSecured },
  async (t) => {
    const cluster = await startKafka({ security: 'sasl' });
    t.after(() => cluster.close());
    const owner = testClient(cluster.insideBrokers);
    for (const name of ['in', 'out']) await makeTopic(owner, { name, partitions: 1 });
    const as = (user: { username: string; password: string }): KafkaSettings =>
      settings({ brokers: cluster.brokers, sasl: { mechanism: 'scram-sha-512', ...user } });
    const { stranger } = USERS;
    const options = checking('in', 'out', { exactlyOnce: true });

    const nobody = await failureOf(options, settings({ brokers: cluster.brokers }));
    const wrong = await failureOf(options, as({ ...stranger, password: 'guessed' }));
    const withNothing = await failureOf(options, as(stranger));
    await allow(cluster, [
      [AclResourceTypes.TOPIC, 'in', AclOperationTypes.DESCRIBE],
      [AclResourceTypes.TOPIC, 'out', AclOperationTypes.WRITE],
      [AclResourceTypes.GROUP, 'group-in', AclOperationTypes.READ],
      [AclResourceTypes.TRANSACTIONAL_ID, '*', AclOperationTypes.WRITE],
    ]);
    const withoutRead = await eventually('the rights', async () => {
      const failure = await failureOf(options, as(stranger));
      return !failure.message.includes('things are missing') && failure;
    });
    await allow(cluster, [[AclResourceTypes.TOPIC, 'in', AclOperationTypes.READ]]);
    const withAll = await eventually('the last right', () =>
      checkBrokers(as(stranger), options).catch(() => undefined),
    );

    assert.equal(nobody.code, 'E_KAFKA_UNREACHABLE');
    assert.equal(wrong.code, 'E_KAFKA_AUTH');
    assert.doesNotMatch(wrong.message + wrong.hint, /guessed/);
    assert.equal(withNothing.code, 'E_KAFKA_FORBIDDEN');
    for (const missing of [
      /the right Write on topic out is missing\n.*--allow-principal User:stranger --operation Write --topic out\n/,
      /the right Read on group group-in is missing\n.*--operation Read --group group-in\n/,
      /the right Write on transactional id faultline\/group-in\/ is missing\n.* --resource-pattern-type prefixed$/,
    ]) {
      assert.match(withNothing.message, missing);
    }
    assert.equal(withoutRead.message, 'the right Read on topic in is missing');
    assert.match(
      withoutRead.hint,
      /^kafka-acls\.sh .* --add --allow-principal User:stranger --operation Read --topic in$/,
    );
    assert.deepEqual(withAll.warnings, []);
    assert.equal(withAll.unchecked.length, 3);
  },
);
