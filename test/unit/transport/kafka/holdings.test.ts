import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TopicPartition } from '../../../../src/model/delivery.ts';
import { EngineError } from '../../../../src/model/errors.ts';
import type { Brokers } from '../../../../src/transport/kafka/brokers.ts';
import type { Coordinator } from '../../../../src/transport/kafka/coordinator.ts';
import type { Fetcher } from '../../../../src/transport/kafka/fetcher.ts';
import { Holdings } from '../../../../src/transport/kafka/holdings.ts';
import { errorOfCode } from '../../../../src/transport/kafka/internals.ts';
import type { Broker, ProtocolRequest } from '../../../../src/transport/kafka/internals.ts';
import { Writer } from '../../../../src/transport/kafka/protocol/writer.ts';
import type { FetchSettings, KafkaEvent } from '../../../../src/transport/kafka/settings.ts';

const LOADING = 14;
const OFFSET_FETCH = 9;
const COMMITTED = 7;

/** Holdings of a group that has committed offset 7 everywhere; leaders and coordinator answer as told. */
class World {
  readonly steps: string[] = [];
  readonly events: KafkaEvent[] = [];
  /** Who may read a partition, and when. */
  owns: (partition: number) => Promise<void> = async () => undefined;
  coordinatorError = 0;
  readonly holdings: Holdings;

  constructor() {
    const coordinator: Pick<Coordinator, 'ask'> = {
      ask: async (_, ask) => {
        this.steps.push('committed?');
        if (this.coordinatorError !== 0) throw errorOfCode(this.coordinatorError);
        return ask(this.#broker());
      },
    };
    this.holdings = new Holdings({
      brokers: { leaderOf: () => null, metadata: async () => undefined } as unknown as Brokers,
      coordinator: coordinator as Coordinator,
      fetcher: { add: () => undefined, remove: () => undefined } as unknown as Fetcher,
      listener: {
        assigned: (partitions) => this.steps.push(`assigned ${namesOf(partitions)}`),
        revoked: async (partitions) => void this.steps.push(`revoked ${namesOf(partitions)}`),
      },
      group: 'g',
      fetch: { isolation: 'read-committed', outOfRange: 'stop' } as FetchSettings,
      from: () => 'earliest',
      beforeReading: (partitions) => {
        this.steps.push(`before ${namesOf(partitions)}`);
        return Promise.all(partitions.map(({ partition }) => this.owns(partition))).then(() => undefined);
      },
      afterReading: (partitions) => this.steps.push(`after ${namesOf(partitions)}`),
      committer: () => ({ memberId: 'm', generation: 1 }),
      tell: (event) => this.events.push(event),
    });
  }

  async take(partitions: readonly number[], signal = new AbortController().signal): Promise<string> {
    const places = partitions.map((partition) => ({ topic: 't', partition }));
    return namesOf(await this.holdings.take(places, 'committed', signal));
  }

  /** Codes of what was told. */
  get faults(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'group-fault' ? [event.fault.code] : []));
  }

  #broker(): Broker {
    const send = async (asked: ProtocolRequest<unknown, unknown>): Promise<unknown> => {
      assert.equal(asked.request.apiKey, OFFSET_FETCH);
      const writer = new Writer().int32(0);
      writer.array(['t'], (topic) =>
        writer.string(topic).array([0, 1, 2], (partition) => {
          writer.int32(partition).int64(COMMITTED).int32(-1).string('').int16(0);
        }),
      );
      return asked.response.parse(await asked.response.decode(writer.int16(0).buffer));
    };
    const versions = { [OFFSET_FETCH]: { minVersion: 0, maxVersion: 5 } };
    return { versions, connectionPool: { send } } as unknown as Broker;
  }
}

function namesOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ partition }) => partition).join();
}

test('what was begun and could not be taken is not owned any more', async () => {
  const world = new World();
  world.coordinatorError = LOADING;

  const taken = await world.take([0]);

  assert.equal(taken, '');
  assert.deepEqual(world.steps, ['before 0', 'committed?', 'after 0']);
});

test('partitions past the limit stay unread and are told; the others are read', async () => {
  const world = new World();
  world.owns = async (partition) => {
    if (partition === 1) throw new EngineError('E_KAFKA_PARTITIONS');
  };

  const taken = await world.take([0, 1, 2]);

  assert.equal(taken, '0,2');
  assert.deepEqual(world.steps.slice(3), ['committed?', 'after 1', 'assigned 0,2']);
  assert.equal(world.faults[0], 'E_KAFKA_PARTITIONS');
});

test('what waiting does not cure ends the taking', async () => {
  const world = new World();
  world.owns = () => Promise.reject(new EngineError('E_KAFKA_FORBIDDEN'));

  await assert.rejects(world.take([0]), { code: 'E_KAFKA_FORBIDDEN' });
});

test('a rebalance ends the taking at once: what was begun is not owned any more, and nothing more is asked', async () => {
  const world = new World();
  const slow = Promise.withResolvers<void>();
  world.owns = () => slow.promise;
  const dealing = new AbortController();
  const taking = world.take([0, 1], dealing.signal);

  dealing.abort();
  const taken = await taking;
  slow.resolve();
  await new Promise((resolve) => setImmediate(resolve));

  assert.equal(taken, '');
  assert.deepEqual(world.steps, ['before 0', 'before 1', 'after 0,1']);
  assert.deepEqual(world.faults, []);
});

test('a partition is owned until the engine has let it go', async () => {
  const world = new World();
  await world.take([0]);

  await world.holdings.letGo([{ topic: 't', partition: 0 }]);

  assert.deepEqual(world.steps.slice(-3), ['assigned 0', 'revoked 0', 'after 0']);
});
