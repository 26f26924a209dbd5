import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Delivery } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { WriterLine, WriterPart } from '../../src/transport/publisher/protocol.ts';
import type { Publisher } from '../../src/transport/publisher/publisher.ts';
import { startPublisher } from '../../src/transport/publisher/publisher.ts';
import { numbered, numbers, publications, sorted } from '../contract/records.ts';
import { sinkContract } from '../contract/sink.ts';
import { eventually, within } from '../helpers/eventually.ts';
import { workerThreads } from '../helpers/threads.ts';
import type { FakeData } from './publisher-thread.ts';

const ENTRY = new URL('publisher-thread.ts', import.meta.url);
const START_MS = 60_000;

/** A publisher and what is heard of its thread. */
class Fake {
  readonly lines: WriterLine[] = [];
  readonly told: (readonly [part: WriterPart, error: EngineError])[] = [];
  readonly cpuMs: number[] = [];
  readonly interrupted = new SharedArrayBuffer(8);
  term = 0;
  token: () => Promise<string> = () => Promise.resolve('a token');

  start(options: Partial<FakeData> & { entry?: URL; startMs?: number } = {}): Promise<Publisher> {
    const { entry = ENTRY, startMs = START_MS, failsWith = null } = options;
    return startPublisher({
      entry,
      startMs,
      data: { interrupted: this.interrupted, failsWith } satisfies FakeData,
      host: {
        log: (line) => this.lines.push(line),
        tell: (part, error) => this.told.push([part, error]),
        token: () => this.token(),
      },
      term: () => this.term,
      tellCpu: (cpuMs) => this.cpuMs.push(cpuMs),
    });
  }

  /** Writes fail for now until the returned function is called. */
  interrupt(): () => void {
    const flag = new Int32Array(this.interrupted);
    Atomics.store(flag, 0, 1);
    return () => void Atomics.store(flag, 0, 0);
  }

  /** Stands still until a write has failed: that is on its way here then, and this turn has not taken it. */
  waitForFailure(): void {
    Atomics.wait(new Int32Array(this.interrupted), 1, 0, START_MS);
  }
}

async function started(context: TestContext): Promise<{ fake: Fake; publisher: Publisher }> {
  const fake = new Fake();
  const publisher = await fake.start();
  context.after(() => publisher.end());
  return { fake, publisher };
}

/** One publication that says what the thread is to do. */
const deed = (topic: string): ReturnType<typeof publications> => publications(topic, numbered(1));

sinkContract('a thread over memory', async () => {
  const fake = new Fake();
  const publisher = await fake.start();
  return {
    sink: () => publisher.sink,
    written: (topic) => written(publisher, fake, topic),
    interrupt: () => fake.interrupt(),
    recordBytesMax: null,
    close: () => publisher.end(),
  };
});

/** What the memory of the thread holds of a topic. */
async function written(publisher: Publisher, fake: Fake, topic: string): Promise<readonly Delivery[]> {
  const before = fake.lines.length;
  publisher.transactions?.forget('dump', [{ topic, partition: 0 }]);
  const { fields } = await eventually('it is told', () => fake.lines[before]);
  return fields['deliveries'] as readonly Delivery[];
}

test('what is published is of the term in which it was handed over, not of that in which it arrives', async (context) => {
  const { fake, publisher } = await started(context);
  fake.term = 7;

  const publishing = publisher.sink.publish(deed('term'));
  fake.term = 8;
  await within('it settles', publishing);

  assert.deepEqual(
    fake.lines.map(({ fields }) => fields),
    [{ term: 7 }],
  );
});

for (const [how, why] of [
  ['throw', 'the writer is broken'],
  ['reject', 'nobody hears this'],
  ['exit', 'exit code 7'],
] as const) {
  test(`a thread that dies (${how}) rejects what is under way and all that comes later, with why`, async (context) => {
    const { fake, publisher } = await started(context);
    const { sink, transactions } = publisher;
    const isTold = (error: EngineError): boolean =>
      error.code === 'E_PUBLISHER_DIED' && !error.retriable && error.message.includes(why);

    const held = sink.publish(deed('hold'));
    const begun = sink.publish(deed(how));

    await within('they settle', Promise.allSettled([held, begun]));
    await assert.rejects(held, isTold);
    await assert.rejects(begun, isTold);
    await assert.rejects(sink.publish(deed('findings')), isTold);
    await assert.rejects(transactions?.begin('g', []) ?? Promise.resolve(), isTold);
    transactions?.forget('g', []);
    await within('they close', Promise.all([sink.close(), transactions?.close()]));
    assert.deepEqual(
      fake.told.map(([part, { code }]) => [part, code]),
      [['sink', 'E_PUBLISHER_DIED']],
    );
  });
}

test('a thread that cannot start says why, and is gone', async () => {
  const before = workerThreads();

  await assert.rejects(new Fake().start({ failsWith: 'no such library' }), {
    code: 'E_PUBLISHER_DIED',
    message: /no such library/,
  });
  await assert.rejects(new Fake().start({ entry: new URL('no-such-entry.ts', import.meta.url) }), {
    code: 'E_PUBLISHER_DIED',
    message: /no-such-entry/,
  });

  await eventually('the threads are gone', () => workerThreads() === before);
});

test('a thread that is not ready in time is ended', async () => {
  const before = workerThreads();

  await assert.rejects(new Fake().start({ startMs: 1 }), {
    code: 'E_PUBLISHER_DIED',
    message: /did not start within 1 ms/,
  });

  await eventually('the thread is gone', () => workerThreads() === before);
});

test('what was in flight is answered before the close is', async (context) => {
  const { publisher } = await started(context);
  const order: string[] = [];

  const call = publisher.sink.publish(deed('slow')).finally(() => order.push('call'));
  await publisher.sink.close().finally(() => order.push('close'));

  assert.deepEqual(await call, [null]);
  assert.deepEqual(order, ['call', 'close']);
});

test('errors arrive with code, retriability and details, at their places', async (context) => {
  const { fake, publisher } = await started(context);
  fake.interrupt();

  const results = await publisher.sink.publish([
    ...deed('findings'),
    ...deed('refused'),
    ...deed('findings'),
  ]);

  assert.deepEqual(
    results.map((result) => result && [result.code, result.retriable, result.details]),
    [
      ['E_KAFKA_UNREACHABLE', true, { tries: 3 }],
      ['E_SINK_REJECTED', false, {}],
      ['E_KAFKA_UNREACHABLE', true, { tries: 3 }],
    ],
  );
});

test('a request that crosses the failure of an earlier one is not written', async (context) => {
  const { fake, publisher } = await started(context);
  const { sink } = publisher;
  const restore = fake.interrupt();

  const first = sink.publish(publications('findings', numbered(1)));
  fake.waitForFailure();
  restore();
  const second = sink.publish(publications('findings', numbered(1, 1, 1)));
  const results = [await first, await second].flat();

  assert.deepEqual(
    results.map((result) => result?.code),
    ['E_KAFKA_UNREACHABLE', 'E_KAFKA_UNREACHABLE'],
  );
  assert.deepEqual(await written(publisher, fake, 'findings'), []);
  assert.deepEqual(await sink.publish(publications('findings', numbered(2))), [null, null]);
  assert.deepEqual(sorted(numbers(await written(publisher, fake, 'findings'))), [0, 1]);
});

test('lines and faults of the thread arrive, whatever they hold', async (context) => {
  const { fake, publisher } = await started(context);

  await publisher.sink.publish(deed('tell'));

  assert.deepEqual(fake.lines, [
    { level: 'warn', text: 'said', of: 'fake', fields: { odd: 'thrown function: () => 1', n: 2 } },
  ]);
  assert.deepEqual(
    fake.told.map(([part, { code, message, details }]) => ({ part, code, message, details })),
    [{ part: 'transactions', code: 'E_KAFKA_FAILED', message: 'told', details: { at: 1 } }],
  );
});

test('the thread has its tokens from the main thread, and its failures too', async (context) => {
  const { fake, publisher } = await started(context);

  const first = await publisher.sink.publish(deed('token'));
  fake.token = () => Promise.reject(new EngineError('E_KAFKA_AUTH', 'none today'));
  const [second] = await publisher.sink.publish(deed('token'));

  assert.deepEqual(first, [null]);
  assert.deepEqual(
    fake.lines.map(({ text }) => text),
    ['a token'],
  );
  assert.equal(second?.code, 'E_KAFKA_AUTH');
  assert.equal(second?.message, 'none today');
});

test('partitions are begun and let go in the order of the calls; an error of begin is as it was', async (context) => {
  const { fake, publisher } = await started(context);
  const { transactions } = publisher;
  assert.ok(transactions !== null);

  const begun = transactions.begin('g', [
    { topic: 't', partition: 0 },
    { topic: 't', partition: 1 },
  ]);
  transactions.forget('g', [{ topic: 't', partition: 0 }]);
  await begun;
  await transactions.begin('h', [{ topic: 't', partition: 2 }]);

  assert.equal(transactions.positionsMax, 3);
  assert.deepEqual(
    fake.lines.map(({ text }) => text),
    ['g/t/0,g/t/1', 'g/t/1', 'g/t/1,h/t/2'],
  );
  await assert.rejects(transactions.begin('fenced', []), { code: 'E_FENCED', message: 'another has it' });
});

test('transactions cross with their publications and end with their close', async (context) => {
  const { publisher, fake } = await started(context);
  const { transactions } = publisher;
  const positions = [{ topic: 'events', partition: 0, offset: 0, metadata: '' }];
  const transaction = { group: 'g', positions, publications: publications('findings', numbered(3)) };

  const results = await transactions?.transact(transaction);
  await transactions?.close();
  await transactions?.close();

  assert.deepEqual(results, [null, null, null]);
  assert.deepEqual(sorted(numbers(await written(publisher, fake, 'findings'))), [0, 1, 2]);
  await assert.rejects(transactions?.transact(transaction) ?? Promise.resolve(), { code: 'E_SINK_CLOSED' });
  await assert.rejects(transactions?.begin('g', []) ?? Promise.resolve(), { code: 'E_SINK_CLOSED' });
});

test('the CPU of the thread is told when it is ready and with each answer, and only rises', async (context) => {
  const { publisher, fake } = await started(context);

  await publisher.sink.publish(deed('findings'));
  await publisher.sink.publish(deed('findings'));

  assert.equal(fake.cpuMs.length, 3);
  assert.ok((fake.cpuMs[0] ?? 0) > 0);
  assert.deepEqual(
    fake.cpuMs,
    fake.cpuMs.toSorted((a, b) => a - b),
  );
});

test('the end cuts off what is in flight, and leaves no thread', async () => {
  const before = workerThreads();
  const publisher = await new Fake().start();

  const held = publisher.sink.publish(deed('hold'));
  const closing = publisher.sink.close();
  await Promise.all([publisher.end(), assert.rejects(held, { code: 'E_PUBLISHER_DIED' })]);

  await within('its close does not wait for ever', closing);
  await publisher.end();
  assert.equal(workerThreads(), before);
});
