import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import type { Delivery } from '../../src/model/delivery.ts';
import { assertRisingOffsets, numbered, numbers, sorted, upTo } from '../contract/records.ts';
import { eventually } from '../helpers/eventually.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import type { Sight } from './consuming.ts';
import { append, MEMBER, Reader } from './consuming.ts';
import { makeTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const client = testClient(brokers);
const SESSION_MS = 1500;

const readers: Reader[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(readers.splice(0).map((reader) => reader.close()));
});

/** A member in another process. */
class Child {
  readonly sights: Sight[] = [];
  readonly process: ChildProcess;

  constructor(group: string, topic: string) {
    const args = [brokers[0] ?? '', group, topic, String(SESSION_MS)];
    this.process = fork(join(import.meta.dirname, 'reading-child.ts'), args);
    this.process.on('message', (sight) => this.sights.push(sight as Sight));
    children.push(this.process);
  }

  get held(): ReadonlySet<string> {
    const held = new Set<string>();
    for (const sight of this.sights) {
      if (sight.type === 'assigned') for (const place of sight.places) held.add(place);
      if (sight.type === 'revoked') for (const place of sight.places) held.delete(place);
    }
    return held;
  }

  get delivered(): readonly string[] {
    return this.sights.flatMap((sight) =>
      sight.type === 'delivered' ? [`${sight.place}@${sight.offset}`] : [],
    );
  }
}

function member(group: string, topic: string): Reader {
  const settings = { ...MEMBER, sessionTimeoutMs: SESSION_MS };
  const reader = new Reader(client, { group, subscribes: (each) => each === topic, member: settings });
  readers.push(reader);
  return reader;
}

test(
  'the partitions of a killed member are read by another from where it had committed',
  { skip },
  async () => {
    const topic = await makeTopic(client, { partitions: 4 });
    const group = randomUUID();
    const child = new Child(group, topic);
    await eventually('the child has all', () => child.held.size === 4);
    await append(client, topic, numbered(100, 20));
    await eventually('the child reads', () => child.delivered.length === 100);

    child.process.kill('SIGKILL');
    const reader = await member(group, topic).open();
    await eventually('all comes again: nothing was committed', () => reader.values.length === 100);

    assert.deepEqual(sorted(reader.values.map(Number)), upTo(100));
  },
);

test(
  'a member that is stopped for longer than its session gives out nothing of what was taken from it',
  { skip },
  async () => {
    const topic = await makeTopic(client, { partitions: 4 });
    const group = randomUUID();
    const child = new Child(group, topic);
    const reader = await member(group, topic).open();
    await eventually('they share', () => child.held.size === 2 && reader.held.size === 2);
    await append(client, topic, numbered(100, 20));
    await eventually('all is read', () => child.delivered.length + reader.values.length === 100);

    child.process.kill('SIGSTOP');
    await eventually('the other has all', () => reader.held.size === 4);
    await append(client, topic, numbered(100, 20, 100));
    await eventually('and reads it', () => new Set(reader.values.map(Number)).size >= 150);
    const before = child.sights.length;
    child.process.kill('SIGCONT');
    await eventually('they share again', () => child.held.size === 2 && reader.held.size === 2);

    const since = child.sights.slice(before);
    assert.equal(since[0]?.type, 'revoked');
    assert.equal(since.find(({ type }) => type !== 'revoked')?.type, 'assigned');
  },
);

test('through members that come and go nothing is lost, read twice or out of order', { skip }, async () => {
  const topic = await makeTopic(client, { partitions: 6 });
  const group = randomUUID();
  const ledger: Delivery[] = [];
  const join = async (): Promise<Reader> => {
    const reader = member(group, topic);
    reader.sees = (delivery) => ledger.push(delivery);
    return reader.open();
  };
  await join();

  let written = 0;
  const write = async (): Promise<void> => {
    await append(client, topic, numbered(60, 30, written));
    written += 60;
  };
  for (let round = 0; round < 6; round += 1) {
    const guest = await join();
    await write();
    const second = join();
    await write();
    await guest.close();
    await write();
    await (await second).close();
    await write();
  }
  await eventually('all is read', () => ledger.length >= written);

  assert.deepEqual(sorted(numbers(ledger)), upTo(written));
  assertRisingOffsets(ledger);
});
