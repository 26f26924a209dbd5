import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../src/model/errors.ts';
import { OutgoingFinding, Publish } from '../../../src/engine/publish.ts';
import type { PublishPolicy } from '../../../src/engine/options.ts';
import { bytes, delivery, HandClock, HandSink, makeLanes, POLICY, settle, text } from './support.ts';

const BUSY = new EngineError('E_LOG_IO');
const NEVER = new EngineError('E_SINK_REJECTED');

function setUp(policy: Partial<PublishPolicy> = {}) {
  const sink = new HandSink();
  const clock = new HandClock();
  const { work } = makeLanes();
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const failures: unknown[] = [];
  const publish = new Publish(
    { sink, clock, probe: () => undefined },
    { ...POLICY, ...policy },
    {
      acknowledged: (publications) => acknowledged.push(...publications.map(({ value }) => text(value))),
      finished: () => undefined,
      substitute: ({ value }) => {
        refused.push(text(value));
        return null;
      },
      failed: (error) => failures.push(error),
    },
  );
  let offset = 0;
  const add = (...values: string[]): void => {
    for (const value of values) {
      const of = work(0, delivery(offset++, 'key'));
      publish.deliver(of, [
        new OutgoingFinding(of, 'findings', { id: bytes(value), value: bytes(value), category: 'C' }, null),
      ]);
    }
    publish.send();
  };
  const sent = (): string[][] =>
    sink.requests.map(({ publications }) => publications.map(({ value }) => text(value)));
  return { sink, clock, publish, add, sent, acknowledged, refused, failures };
}

test('a full request is sent at once, a partial one after its linger', async () => {
  const { add, sent, clock } = setUp();
  add('a', 'b', 'c', 'd');
  const atOnce = sent();

  await clock.advance(POLICY.lingerMs);

  assert.deepEqual(atOnce, [['a', 'b', 'c']]);
  assert.deepEqual(sent(), [['a', 'b', 'c'], ['d']]);
});

test('a request is full by bytes too', () => {
  const { add, sent } = setUp({ bytesMax: 10 });

  add('0123456789', 'x');

  assert.deepEqual(sent(), [['0123456789']]);
});

test('no more requests are in flight than allowed, and nothing is dropped meanwhile', async () => {
  const { add, sent, sink, acknowledged } = setUp();
  add('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
  const inFlight = sent().length;

  for (let i = 0; i < 3; i++) {
    sink.requests[i]?.answer([null, null, null]);
    await settle();
  }

  assert.equal(inFlight, 2);
  assert.equal(acknowledged.join(''), 'abcdefghi');
});

test('what fails for now goes again first, in its old order, after everything has settled', async () => {
  const { add, sent, sink, clock, acknowledged } = setUp();
  add('a', 'b', 'c', 'd', 'e', 'f', 'g');
  sink.requests[1]?.answer([BUSY, BUSY, BUSY]);
  await settle();
  const whileOneInFlight = sent().length;
  sink.requests[0]?.answer([null, BUSY, BUSY]);
  await settle();

  await clock.advance(POLICY.backoffMs);
  sink.requests[2]?.answer([null, null, null]);
  sink.requests[3]?.answer([null, null, null]);
  await settle();

  assert.equal(whileOneInFlight, 2);
  assert.deepEqual(sent().slice(2), [
    ['b', 'c', 'd'],
    ['e', 'f', 'g'],
  ]);
  assert.equal(acknowledged.join(''), 'abcdefg');
});

test('the wait between failures doubles up to its maximum', async () => {
  const { add, sink, clock } = setUp();
  add('a', 'b', 'c');
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    sink.requests.at(-1)?.answer([BUSY, BUSY, BUSY]);
    await settle();
    const before = sink.requests.length;
    let waited = 0;
    while (sink.requests.length === before && waited < 1000) {
      await clock.advance(1);
      waited += 1;
    }
    waits.push(waited);
  }

  assert.deepEqual(waits, [10, 20, 40, 40]);
});

test('a refusal for good harms that publication only; where nothing goes out in its place it counts as done', async () => {
  const { add, sink, acknowledged, refused } = setUp();
  add('a', 'b', 'c');

  sink.requests[0]?.answer([null, NEVER, null]);
  await settle();

  assert.deepEqual([acknowledged, refused], [['a', 'c', 'b'], ['b']]);
});

test('sync publishing has one publication in flight', async () => {
  const { add, sent, sink } = setUp({ mode: 'sync' });
  add('a', 'b');
  const first = sent();

  sink.requests[0]?.answer([null]);
  await settle();

  assert.deepEqual(first, [['a']]);
  assert.deepEqual(sent(), [['a'], ['b']]);
});

test('in a hurry nothing lingers', () => {
  const { add, publish, sent } = setUp();
  add('a');
  const lingering = sent().length;

  publish.hurry();

  assert.equal(lingering, 0);
  assert.deepEqual(sent(), [['a']]);
});

test('a sink that rejects a whole request is a failure of the engine', async () => {
  const { add, sink, failures } = setUp();
  sink.publish = () => Promise.reject(new EngineError('E_SINK_CLOSED'));

  add('a', 'b', 'c');
  await settle();

  assert.equal((failures[0] as EngineError).code, 'E_SINK_CLOSED');
});
