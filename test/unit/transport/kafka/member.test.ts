import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { TopicPartition } from '../../../../src/model/delivery.ts';
import type { Coordinator } from '../../../../src/transport/kafka/coordinator.ts';
import type { Broker, ProtocolRequest } from '../../../../src/transport/kafka/internals.ts';
import type { Holder } from '../../../../src/transport/kafka/member.ts';
import { Leases } from '../../../../src/transport/kafka/lease.ts';
import { Member } from '../../../../src/transport/kafka/member.ts';
import { encodeAssignment } from '../../../../src/transport/kafka/protocol/subscription.ts';
import { Writer } from '../../../../src/transport/kafka/protocol/writer.ts';
import { eventually } from '../../../helpers/eventually.ts';

const UNKNOWN_MEMBER = 25;
const LOGIN_REFUSED = 58;
const PLACE: TopicPartition = { topic: 't', partition: 0 };
const OTHER: TopicPartition = { topic: 't', partition: 1 };

/** A group of which this is one member, led by another; and who reads for it. */
class Group implements Holder {
  readonly steps: string[] = [];
  /** How many partitions were dealt and not taken, as told. */
  readonly unread: number[] = [];
  joins = 0;
  /** Is told of each JoinGroup, says its error. */
  joining: (joins: number) => number = () => 0;
  /** What SyncGroup deals. */
  dealt: readonly number[] = [0];
  /** What can be taken. */
  taking: (partitions: readonly TopicPartition[]) => Promise<readonly TopicPartition[]> = async (all) => all;
  readonly leases: Leases = Leases.of(1);
  /** Whether what was read might be written while it was let go. */
  readonly writable: boolean[] = [];
  readonly member: Member;

  constructor() {
    const broker = {
      versions: { 11: { minVersion: 0, maxVersion: 9 } },
      connectionPool: { send: (asked: ProtocolRequest<unknown, unknown>) => this.#join(asked) },
      syncGroup: async () => ({ memberAssignment: encodeAssignment(new Map([['t', this.dealt]])) }),
      heartbeat: async () => undefined,
      leaveGroup: async () => undefined,
    } as unknown as Broker;
    const coordinator: Pick<Coordinator, 'ask' | 'drop'> = {
      ask: async (_, ask) => {
        await new Promise((resolve) => setImmediate(resolve));
        return ask(broker);
      },
      drop: () => undefined,
    };
    this.member = new Member({
      coordinator: coordinator as Coordinator,
      group: 'g',
      settings: {
        sessionTimeoutMs: 60_000,
        heartbeatMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        topicsRefreshMs: 1000,
      },
      backoff: { backoffMs: 1, backoffMaxMs: 5 },
      wants: () => ({ topics: ['t'], mark: '' }),
      cluster: async () => new Map([['t', 2]]),
      holder: this,
      lease: this.leases.of(0),
      began: () => this.steps.push('began'),
      tell: (event) => {
        if (event.type === 'unread') this.unread.push(event.partitions);
      },
    });
  }

  run(t: TestContext): void {
    const running = this.member.run();
    t.after(async () => {
      await this.member.close();
      await running;
    });
  }

  async take(
    partitions: readonly TopicPartition[],
    position: string,
    signal: AbortSignal,
  ): Promise<readonly TopicPartition[]> {
    const taken = await this.taking(partitions);
    this.steps.push(`${signal.aborted ? 'given up' : `take ${position}`} ${namesOf(partitions)}`);
    return taken;
  }

  stop(): void {}

  async letGo(partitions: readonly TopicPartition[], how?: 'lost'): Promise<void> {
    this.writable.push(this.leases.mayWrite(this.leases.term));
    this.steps.push(`let go ${how ?? 'in order'} ${namesOf(partitions)}`);
  }

  async #join(asked: ProtocolRequest<unknown, unknown>): Promise<unknown> {
    this.joins += 1;
    const error = this.joining(this.joins);
    const answer = new Writer().int32(0).int16(error).int32(this.joins).string('p').string('leader');
    answer.string('m').int32(0);
    return asked.response.parse(await asked.response.decode(answer.buffer));
  }
}

function namesOf(partitions: readonly TopicPartition[]): string {
  return partitions.map(({ partition }) => partition).join();
}

test('a lost position that is of an earlier holding of a partition is no reason to pass over anything of the next', async (t) => {
  const group = new Group();
  group.run(t);
  await eventually('it is held', () => group.steps.includes('began'));
  group.joining = (joins) => {
    if (joins === 2) group.member.restart(PLACE);
    return joins === 2 ? UNKNOWN_MEMBER : 0;
  };

  group.member.rejoin();
  await eventually('it is held again', () => group.steps.filter((step) => step === 'began').length === 2);
  group.dealt = [0, 1];
  group.member.rejoin();
  await eventually('the other one too', () => group.steps.filter((step) => step === 'began').length === 3);

  assert.deepEqual(group.steps, [
    'take committed 0',
    'began',
    'let go lost 0',
    'take committed 0',
    'began',
    'take committed 1',
    'began',
  ]);
});

test('nothing is written from the loss of the session until all is let go', async (t) => {
  const group = new Group();
  group.run(t);
  await eventually('it is held', () => group.steps.includes('began'));
  group.joining = (joins) => (joins === 2 ? UNKNOWN_MEMBER : 0);

  group.member.rejoin();
  await eventually('it is held again', () => group.steps.filter((step) => step === 'began').length === 2);
  group.dealt = [];
  group.member.rejoin();
  await eventually('it is let go in order', () => group.steps.includes('let go in order 0'));

  assert.deepEqual(group.writable, [false, true]);
  assert.ok(group.leases.mayWrite(group.leases.term));
});

test('a lost position of a partition that is held is begun anew once', async (t) => {
  const group = new Group();
  group.run(t);
  await eventually('it is held', () => group.steps.includes('began'));

  group.member.restart(OTHER);
  group.member.restart(PLACE);
  await eventually('it is begun anew', () => group.steps.includes('take lost 0'));

  assert.deepEqual(group.steps, ['take committed 0', 'began', 'let go in order 0', 'take lost 0']);
  assert.equal(group.joins, 1);
});

test('a topic that was made again is let go with nothing committed, and begun at its start however long that takes', async (t) => {
  const group = new Group();
  group.run(t);
  await eventually('it is held', () => group.steps.includes('began'));
  let tries = 0;
  group.taking = async (partitions) => ((tries += 1) < 3 ? [] : partitions);

  group.member.remade('t');
  await eventually('it is begun anew', () => tries === 3);
  group.dealt = [0, 1];
  group.member.rejoin();
  await eventually('the other one is held', () => group.steps.includes('take committed 1'));

  assert.deepEqual(group.steps.slice(2, 7), [
    'let go lost 0',
    'take remade 0',
    'take remade 0',
    'take remade 0',
    'take committed 1',
  ]);
});

for (const { how, note } of [
  { how: 'remade', note: (member: Member) => member.remade('t') },
  { how: 'lost', note: (member: Member) => member.restart(PLACE) },
] as const) {
  test(`a rebalance does not make one forget how to take what it leaves here: ${how}`, async (t) => {
    const group = new Group();
    group.run(t);
    await eventually('it is held', () => group.steps.includes('began'));
    const letGo = group.letGo.bind(group);
    group.letGo = async (partitions, end) => {
      await letGo(partitions, end);
      group.member.rejoin();
    };

    note(group.member);
    await eventually('it is held again', () => group.steps.filter((step) => step === 'began').length === 2);

    assert.deepEqual([group.steps.at(-2), group.joins], [`take ${how} 0`, 2]);
  });
}

test('a partition that was dealt away and comes back goes on where the group has committed', async (t) => {
  const group = new Group();
  group.run(t);
  await eventually('it is held', () => group.steps.includes('began'));
  group.taking = async () => [];
  group.member.remade('t');
  await eventually('it cannot be taken', () => group.steps.includes('take remade 0'));
  group.dealt = [];
  group.member.rejoin();
  await eventually('it is dealt away', () => group.steps.filter((step) => step === 'began').length === 2);

  group.steps.length = 0;
  group.dealt = [0];
  group.member.rejoin();
  await eventually('it is offered again', () => group.steps.length > 0);

  assert.equal(group.steps[0], 'take committed 0');
});

test('a topic that is made again as the group deals it away has nothing committed either', async (t) => {
  const group = new Group();
  group.dealt = [0, 1];
  group.run(t);
  await eventually('both are held', () => group.steps.includes('began'));
  group.joining = (joins) => {
    if (joins === 2) group.member.remade('t');
    return 0;
  };

  group.dealt = [1];
  group.member.rejoin();
  await eventually('the other one is begun anew', () => group.steps.includes('take remade 1'));

  const steps = group.steps.filter((step) => step !== 'began');
  assert.deepEqual(steps.slice(1), ['let go lost 0', 'let go lost 1', 'take remade 1']);
});

test('a topic that is made again while it is being taken is begun at its start', async (t) => {
  const group = new Group();
  group.taking = async (partitions) => {
    if (!group.steps.includes('take committed 0')) group.member.remade('t');
    return partitions;
  };

  group.run(t);
  await eventually('it is begun anew', () => group.steps.includes('take remade 0'));

  assert.deepEqual(group.steps, ['take committed 0', 'began', 'let go lost 0', 'take remade 0']);
});

test('a partition that was fenced is let go as lost, and taken anew when the group has said whose it is', async (t) => {
  const group = new Group();
  group.run(t);
  await eventually('it is held', () => group.steps.includes('began'));

  group.member.fenced([OTHER]);
  group.member.fenced([PLACE]);
  await eventually('it is held again', () => group.steps.filter((step) => step === 'began').length === 2);

  assert.deepEqual(group.steps, ['take committed 0', 'began', 'let go lost 0', 'take committed 0', 'began']);
  assert.equal(group.joins, 2);
});

test('a rebalance does not wait for partitions that cannot be taken yet', async (t) => {
  const group = new Group();
  const signals: AbortSignal[] = [];
  const take = group.take.bind(group);
  group.take = (partitions, position, signal) => {
    signals.push(signal);
    if (signals.length > 1) return take(partitions, position, signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve([])));
  };
  group.run(t);
  await eventually('it is being taken', () => signals.length === 1);

  group.member.rejoin();
  await eventually('it is held', () => group.steps.includes('began'));

  assert.deepEqual([signals.map(({ aborted }) => aborted), group.joins], [[true, false], 2]);
  assert.deepEqual(group.steps, ['take committed 0', 'began'], 'nothing has begun before anything was there');
});

test('who leaves gives up what is being taken', async () => {
  const group = new Group();
  const signals: AbortSignal[] = [];
  group.take = (_partitions, _position, signal) => {
    signals.push(signal);
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve([])));
  };
  const running = group.member.run();
  await eventually('it is being taken', () => signals.length === 1);

  await group.member.close();
  await running;

  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  );
});

test('what is dealt and cannot be taken yet is offered again, and told', async (t) => {
  const group = new Group();
  group.dealt = [0, 1];
  group.taking = async ([first]) => (group.unread.length < 2 && first !== undefined ? [first] : []);
  group.run(t);
  await eventually('one is taken', () => group.unread.length === 2);

  group.taking = async (partitions) => partitions;
  await eventually('both are', () => group.unread.length === 3);

  assert.deepEqual(group.unread, [2, 1, 0]);
});

test('a login that is refused while it runs is tried again, at the start it ends the member', async (t) => {
  const running = new Group();
  running.joining = (joins) => (joins === 2 ? LOGIN_REFUSED : 0);
  running.run(t);
  await eventually('it is held', () => running.steps.includes('began'));
  const starting = new Group();
  starting.joining = () => LOGIN_REFUSED;

  running.member.rejoin();
  await eventually('the group is joined again', () => running.joins === 3);

  await assert.rejects(starting.member.run(), { code: 'E_KAFKA_AUTH' });
});
