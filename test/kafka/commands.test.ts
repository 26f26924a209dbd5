/** The commands on real brokers: fill, show, who takes what, where groups stand and how they are put elsewhere. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { main } from '../../src/cli/cli.ts';
import type { Place } from '../../src/cli/offsets-plan.ts';
import { createClient } from '../../src/transport/kafka/client.ts';
import { eventually } from '../helpers/eventually.ts';
import { describeGroup } from '../helpers/kafka/java.ts';
import { useKafka } from '../helpers/kafka/use-kafka.ts';
import { fakeTerminal } from '../helpers/terminal.ts';
import { Reader } from './consuming.ts';
import { makeTopic, testClient } from './producing.ts';

const { brokers, skip } = await useKafka();
const setup = testClient(brokers);
const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
if (skip === false) await admin.connect();
after(() => admin.disconnect());

/** Topics of a test's own: their names end in `crash` and `lag`, as the default tasks want it. */
async function topics(): Promise<{ readonly crash: string; readonly lag: string; readonly group: string }> {
  const id = randomUUID().slice(0, 8);
  const made = { crash: `${id}.crash`, lag: `${id}.lag`, group: `group-${id}` };
  await makeTopic(setup, { name: made.crash, partitions: 2 });
  await makeTopic(setup, { name: made.lag, partitions: 1 });
  return made;
}

async function faultline(...args: readonly string[]) {
  const terminal = fakeTerminal();
  const code = await main([...args, '--transport', 'kafka', '--brokers', brokers.join()], terminal, {});
  return { code, out: terminal.out(), err: terminal.err() };
}

/** One that has to succeed. */
async function done(...args: readonly string[]): ReturnType<typeof faultline> {
  const ended = await faultline(...args);
  assert.equal(ended.code, 0, ended.err);
  return ended;
}

async function places(group: string, topic: string): Promise<readonly Place[]> {
  const { out } = await done('offsets', 'show', '--topic', topic, '--group', group, '--json');
  return JSON.parse(out) as Place[];
}

test('what is generated into a topic is what tail shows of it, the last and all', { skip }, async () => {
  const { crash } = await topics();

  const generated = await faultline('generate', '--count', '200', '--topic', crash);
  const all = await faultline('tail', crash, '--from', 'earliest', '--json');
  const last = await faultline('tail', crash, '--count', '3', '--json');
  const none = await faultline('tail', crash, '--from', '2999-01-01');

  assert.equal(generated.code, 0);
  assert.match(
    generated.err,
    new RegExp(`^wrote 200 events \\(200 to ${crash}\\), .*, to ${brokers.join(', ')}\\n$`),
  );
  const ids = all.out.match(/"id":"[^"]+"/g) ?? [];
  assert.equal(new Set(ids).size, 200);
  assert.equal(last.out.trim().split('\n').length, 3);
  assert.deepEqual([none.code, none.out, none.err], [0, '', '']);
});

test('tail follows a topic: what was there, then what comes', { skip }, async () => {
  const { lag } = await topics();
  await faultline('generate', '--count', '3', '--topic', lag);
  const terminal = fakeTerminal();

  const args = ['tail', lag, '--follow', '--json', '--transport', 'kafka', '--brokers', brokers.join()];
  const tailing = main(args, terminal, {});
  const lines = (): number => terminal.out().split('\n').length - 1;
  await eventually('what was there', () => lines() === 3);
  await faultline('generate', '--count', '4', '--seed', '2', '--topic', lag);
  await eventually('what came', () => lines() === 7);
  terminal.leave();

  assert.equal(await tailing, 0);
});

test('tail ends behind the marker of a transaction, and shows no aborted record', { skip }, async () => {
  const { lag } = await topics();
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: lag, maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  for (const [value, end] of [['kept', 'commit'] as const, ['dropped', 'abort'] as const]) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: lag, messages: [{ value }] });
    await transaction[end]();
  }
  await producer.disconnect();

  const { code, out } = await faultline('tail', lag, '--from', 'earliest', '--json');

  assert.equal(code, 0);
  assert.match(out, /^[^\n]*"kept"[^\n]*\n$/);
});

test('a topic that the brokers do not have is refused, and not made', { skip }, async () => {
  const name = `none-${randomUUID()}`;

  const written = await faultline('generate', '--count', '1', '--topic', name);
  const shown = await faultline('tail', name);

  for (const { code, err } of [written, shown]) {
    assert.equal(code, 2);
    assert.match(err, /the brokers have no topic none-.*\n.*\(E_TOPIC_UNKNOWN\)/);
  }
  assert.equal((await admin.listTopics()).includes(name), false);
});

test('a dry run tells what each task would take, with the lag of its group', { skip }, async () => {
  const { crash, lag, group } = await topics();
  await faultline('generate', '--count', '50', '--topic', crash);
  await faultline('offsets', 'skip', '--topic', crash, '--partition', '0', '--count', '5', '--group', group);

  const { code, out } = await done('topics', '--dry-run', '--json', '--group', group);
  const shown = await faultline('topics', '--dry-run', '--group', group);

  const { taken } = JSON.parse(out) as { taken: Record<string, unknown>[] };
  const row = (topic: string) => taken.find((each) => each['topic'] === topic);
  assert.equal(code, 0);
  assert.deepEqual(row(crash), {
    task: 'crash',
    group,
    topic: crash,
    committed: 5,
    lag: 45,
    readBy: null,
    partitions: 2,
    records: 50,
  });
  assert.equal(row(lag)?.['lag'], 0);
  assert.match(
    shown.out,
    new RegExp(`\\ncrash +${group} +${crash.replace('.', '\\.')} +2 +50 +45 +nobody\\n`),
  );
});

test('positions are put where they are wanted, and Kafka’s own tool sees them there', { skip }, async () => {
  const { crash, group } = await topics();
  await faultline('generate', '--count', '60', '--topic', crash);
  const only = ['--topic', crash, '--group', group];

  const dry = await faultline('offsets', 'reset', '--to', 'latest', ...only, '--dry-run');
  const before = await places(group, crash);
  const latest = await faultline('offsets', 'reset', '--to', 'latest', ...only);
  const seen = await describeGroup(group, { brokers });
  await done('offsets', 'reset', '--to', '7', '--partition', '1', ...only);
  await done('offsets', 'skip', '--count', '3', '--partition', '1', ...only);
  const after = await places(group, crash);
  const early = await faultline('offsets', 'reset', '--to', '2001-01-01', '--json', ...only);

  assert.match(dry.err, /^Nothing was changed\.\n$/);
  assert.deepEqual(
    before.map(({ committed }) => committed),
    [null, null],
  );
  assert.deepEqual([latest.code, latest.err], [0, 'Stored.\n']);
  assert.deepEqual(
    seen.map(({ topic, lag }) => [topic, lag]),
    [
      [crash, 0],
      [crash, 0],
    ],
  );
  assert.deepEqual(
    after.map(({ committed, end }) => [committed === end, committed]),
    [
      [true, after[0]?.end],
      [false, 10],
    ],
  );
  const { changed, positions } = JSON.parse(early.out) as {
    changed: boolean;
    positions: { after: number }[];
  };
  assert.equal(changed, true);
  assert.deepEqual(
    positions.map((each) => each.after),
    [0, 0],
  );
});

test(
  'positions of a group that has members are left alone, and the members are named',
  { skip },
  async (t) => {
    const { crash, group } = await topics();
    await faultline('generate', '--count', '10', '--topic', crash);
    const client = createClient({
      brokers,
      clientId: 'the-reader',
      tls: null,
      sasl: null,
      connectTimeoutMs: 3000,
      requestTimeoutMs: 30_000,
      backoffMs: 100,
      backoffMaxMs: 1000,
      log: () => undefined,
    });
    const reader = await new Reader(client, { group, subscribes: (topic) => topic === crash }).open();
    t.after(() => reader.close());
    await eventually('the partitions', () => reader.held.size === 2);
    const only = ['--topic', crash, '--partition', '0', '--group', group];

    const shown = await places(group, crash);
    const done = await faultline('offsets', 'skip', ...only);
    const dry = await faultline('offsets', 'skip', '--dry-run', ...only);

    assert.match(shown[0]?.readBy ?? '', /^the-reader-[0-9a-f]{8} at \S+$/);
    assert.equal(done.code, 3);
    assert.match(
      done.err,
      /group group-.* cannot be changed while it is read: the-reader-[0-9a-f]{8} at \S+ .*\n.*\(E_GROUP_BUSY\)/,
    );
    assert.match(dry.err, /is read by the-reader-[0-9a-f]{8} at \S+ now: until it ends, this is refused\n/);
  },
);
