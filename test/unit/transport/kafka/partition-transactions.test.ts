import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../../src/model/errors.ts';
import type { PublishResult } from '../../../../src/ports/sink.ts';
import type { Brokers } from '../../../../src/transport/kafka/brokers.ts';
import { Coordinator } from '../../../../src/transport/kafka/coordinator.ts';
import type { Broker, ProtocolRequest } from '../../../../src/transport/kafka/internals.ts';
import { PartitionTransactions } from '../../../../src/transport/kafka/partition-transactions.ts';
import { Writer } from '../../../../src/transport/kafka/protocol/writer.ts';

const PRODUCE = 0;
const INIT_PRODUCER_ID = 22;
const ADD_PARTITIONS = 24;
const ADD_OFFSETS = 25;
const END = 26;
const COMMIT_OFFSETS = 28;

const COORDINATOR_LOADING = 14;
const INVALID_TXN_STATE = 48;
const NEVER_IN_DOUBT = [INVALID_TXN_STATE, 49, 53];

/** One broker that does all, and answers the end of a transaction as it is told. */
class FakeCluster {
  readonly asked: string[] = [];
  /** The error that EndTxn is answered with, by whether a commit is asked for; `lost`: the connection breaks instead. */
  end: (isCommitted: boolean) => number | 'lost' = () => 0;
  /** Is awaited before a coordinator is found. */
  looking: Promise<void> = Promise.resolve();
  /** What the broker says before a transaction is begun; `null`: nothing. */
  refusal: Error | null = null;
  /** Is called when a session is asked for. */
  sessionAsked: () => void = () => undefined;
  readonly transactions: PartitionTransactions;
  #epoch = -1;

  constructor() {
    const broker = this.#broker();
    const brokers = {
      askAny: async (ask: (broker: Broker) => Promise<unknown>) => {
        await this.looking;
        return ask(broker);
      },
      askAt: (_address: unknown, _purpose: unknown, ask: (broker: Broker) => Promise<unknown>) => ask(broker),
      askNode: (_node: number, ask: (broker: Broker) => Promise<unknown>) => ask(broker),
      metadata: async () => ({
        brokers: [],
        topics: [{ name: 'out', error: 0, isInternal: false, partitions: [{ partition: 0, leader: 0 }] }],
      }),
    } as unknown as Brokers;
    this.transactions = new PartitionTransactions({
      brokers,
      kafka: { requestTimeoutMs: 1000, backoffMs: 1, backoffMaxMs: 5 },
      produce: { compression: 'none', timeoutMs: 100, recordBytesMax: 1_000_000 } as never,
      transactions: { timeoutMs: 60_000, partitionsMax: 10 },
      group: 'g',
      coordinator: new Coordinator(brokers, 'g'),
      place: { topic: 'in', partition: 0 },
      signal: new AbortController().signal,
      tell: () => undefined,
    });
  }

  transact(): Promise<readonly PublishResult[]> {
    const value = Buffer.from('finding');
    return this.transactions.transact({
      position: { topic: 'in', partition: 0, offset: 10, metadata: '' },
      publications: [{ topic: 'out', key: Buffer.from('k'), value, headers: [], timestampMs: 1 }],
    });
  }

  /** How often it was asked for. */
  count(what: string): number {
    return this.asked.filter((each) => each === what).length;
  }

  #broker(): Broker {
    const keys = [PRODUCE, INIT_PRODUCER_ID, ADD_PARTITIONS, ADD_OFFSETS, END, COMMIT_OFFSETS];
    const versions = Object.fromEntries(
      keys.map((key) => [key, { minVersion: 0, maxVersion: key === PRODUCE ? 7 : 4 }]),
    );
    const coordinator = { nodeId: 0, host: 'h', port: 1 };
    return {
      versions,
      findGroupCoordinator: async () => ({ coordinator }),
      connectionPool: {
        send: async (asked: ProtocolRequest<unknown, unknown>) => {
          const { buffer } = await asked.request.encode();
          const answer = this.#answer(asked.request.apiKey, Buffer.from(buffer));
          return asked.response.parse(await asked.response.decode(answer.buffer));
        },
      },
    } as unknown as Broker;
  }

  #answer(apiKey: number, request: Buffer): Writer {
    const writer = new Writer();
    switch (apiKey) {
      case INIT_PRODUCER_ID:
        this.asked.push('session');
        this.sessionAsked();
        this.#epoch += 1;
        writer.noTags();
        writer.int32(0).int16(0).int64(7).int16(this.#epoch);
        writer.noTags();
        return writer;
      case ADD_OFFSETS:
        if (this.refusal !== null) throw this.refusal;
        return writer.int32(0).int16(0);
      case END: {
        const isCommitted = request.at(-1) === 1;
        this.asked.push(isCommitted ? 'commit' : 'abort');
        const error = this.end(isCommitted);
        if (error === 'lost')
          throw Object.assign(new Error('lost'), { name: 'KafkaJSConnectionClosedError' });
        return writer.int32(0).int16(error);
      }
      case PRODUCE:
        this.asked.push('produce');
        writer.array(['out'], (topic) =>
          writer.string(topic).array([0], (partition) => {
            writer.int32(partition).int16(0).int64(0).int64(-1).int64(0);
          }),
        );
        return writer.int32(0);
      default:
        writer.int32(0).array([apiKey === ADD_PARTITIONS ? 'out' : 'in'], (topic) =>
          writer.string(topic).array([0], (partition) => {
            writer.int32(partition).int16(0);
          }),
        );
        return writer;
    }
  }
}

for (const [why, answer] of [
  ['loads', COORDINATOR_LOADING],
  ['is not available', 15],
  ['has moved', 16],
  ['does another thing', 51],
  ['knows no reason', -1],
  ['breaks the connection', 'lost'],
] as const)
  test(`a commit to which the coordinator only ever says that it ${why} may be written down: nothing is written again`, async () => {
    const cluster = new FakeCluster();
    cluster.end = (isCommitted) => (isCommitted ? answer : INVALID_TXN_STATE);
    await cluster.transactions.begin();

    await assert.rejects(cluster.transact(), { code: 'E_TRANSACTION_UNKNOWN', retriable: false });

    assert.deepEqual([cluster.count('session'), cluster.count('produce')], [1, 1]);
  });

test('a commit that is in doubt stays so, whatever is answered later', async () => {
  for (const later of NEVER_IN_DOUBT) {
    const cluster = new FakeCluster();
    cluster.end = () => (cluster.count('commit') > 1 ? later : COORDINATOR_LOADING);
    await cluster.transactions.begin();

    await assert.rejects(cluster.transact(), { code: 'E_TRANSACTION_UNKNOWN' }, `then ${later}`);

    assert.equal(cluster.count('produce'), 1);
  }
});

test('a commit that is refused at once is not committed, and no doubt', async () => {
  for (const refusal of NEVER_IN_DOUBT) {
    const cluster = new FakeCluster();
    cluster.end = (isCommitted) => (isCommitted ? refusal : 0);
    await cluster.transactions.begin();

    await assert.rejects(cluster.transact(), (error: { code: string }) => {
      assert.notEqual(error.code, 'E_TRANSACTION_UNKNOWN', `${refusal}`);
      return true;
    });
  }
});

test('a commit that is answered in the end is committed once', async () => {
  const cluster = new FakeCluster();
  cluster.end = () => (cluster.count('commit') < 4 ? COORDINATOR_LOADING : 0);
  await cluster.transactions.begin();

  const results = await cluster.transact();

  assert.deepEqual([results, cluster.count('produce'), cluster.count('commit')], [[null], 1, 4]);
});

test('who was let go while he looked for the coordinator shuts nobody out', async () => {
  const cluster = new FakeCluster();
  const looking = Promise.withResolvers<void>();
  cluster.looking = looking.promise;
  const begun = cluster.transactions.begin();

  cluster.transactions.close();
  looking.resolve();

  await assert.rejects(begun, { code: 'E_GROUP_LOST' });
  assert.equal(cluster.count('session'), 0);
});

test('who was let go while the brokers made him the owner does not become it', async () => {
  const cluster = new FakeCluster();
  cluster.sessionAsked = () => cluster.transactions.close();

  await assert.rejects(cluster.transactions.begin(), { code: 'E_GROUP_LOST' });

  await assert.rejects(cluster.transact(), { code: 'E_GROUP_LOST' });
  assert.equal(cluster.count('produce'), 0);
});

test('a login or a certificate that is refused while it runs is for now: it may be renewed', async () => {
  for (const code of ['E_KAFKA_AUTH', 'E_KAFKA_TLS'] as const) {
    const cluster = new FakeCluster();
    await cluster.transactions.begin();

    cluster.refusal = new EngineError(code);
    await assert.rejects(cluster.transact(), { code, retriable: true });
    cluster.refusal = null;

    assert.deepEqual(await cluster.transact(), [null]);
  }
});

test('a right that is missing is for good', async () => {
  const cluster = new FakeCluster();
  await cluster.transactions.begin();
  cluster.refusal = new EngineError('E_KAFKA_FORBIDDEN');

  await assert.rejects(cluster.transact(), { code: 'E_KAFKA_FORBIDDEN', retriable: false });
});
