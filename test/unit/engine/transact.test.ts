import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAckMap } from '../../../src/engine/ack-map.ts';
import { EngineError } from '../../../src/model/errors.ts';
import { POLICY, settle } from './support.ts';
import { TransactBench } from './transact-bench.ts';

const BUSY = new EngineError('E_LOG_IO');
const NEVER = new EngineError('E_SINK_REJECTED');
const ABORTED = new EngineError('E_TRANSACTION_ABORTED');

test('what is done is held back behind an earlier offset, and released in the order of offsets', async () => {
  const bench = new TransactBench();
  const partition = bench.assign(0);
  const [first, second, third] = [4, 5, 6].map((offset) => bench.begin(partition, offset));
  assert.ok(first && second && third);
  bench.deliver(third, 1);
  bench.deliver(second, 1);
  await bench.clock.advance(1000);
  const whileHeld = [bench.sent, bench.transact.heldBack];

  bench.deliver(first, 1);

  assert.deepEqual(whileHeld, [[], 2]);
  assert.deepEqual(bench.sent, [['0/4.0', '0/5.0', '0/6.0']]);
  assert.deepEqual(bench.transactions.requests[0]?.transaction.positions, [
    { topic: 'app-crash', partition: 0, offset: 7, metadata: '' },
  ]);
});

test('a delivery without findings moves the position all the same', async () => {
  const bench = new TransactBench();
  bench.deliver(bench.begin(bench.assign(0), 0), 0);
  await bench.clock.advance(POLICY.lingerMs);

  await bench.answer();

  assert.deepEqual([bench.sent, bench.finished], [[[]], ['0/0']]);
});

test('one transaction of a group is under way at a time; what comes meanwhile goes in the next', async () => {
  const bench = new TransactBench({ publicationsMax: 1 });
  const partition = bench.assign(0);
  for (const offset of [0, 1, 2]) bench.deliver(bench.begin(partition, offset), 1);
  const underWay = bench.sent;

  await bench.answer(null);

  assert.deepEqual(underWay, [['0/0.0']]);
  assert.deepEqual(bench.sent, [['0/0.0'], ['0/1.0']]);
});

test('a failure for now writes nothing and is tried again whole, after a wait that doubles', async () => {
  const bench = new TransactBench();
  bench.deliver(bench.begin(bench.assign(0), 0), 3);
  await bench.answer(BUSY, BUSY, BUSY);
  await bench.clock.advance(POLICY.backoffMs - 1);
  const early = bench.sent.length;
  await bench.clock.advance(1);
  bench.transactions.requests.at(-1)?.reject(BUSY);
  await settle();
  await bench.clock.advance(2 * POLICY.backoffMs - 1);
  const second = bench.sent.length;

  await bench.clock.advance(1);
  await bench.answer(null, null, null);

  assert.deepEqual([early, second, bench.sent.length], [1, 2, 3]);
  assert.deepEqual(bench.sent[2], ['0/0.0', '0/0.1', '0/0.2']);
  assert.deepEqual(bench.finished, ['0/0']);
});

test('what is refused for good is replaced by its dead letter, and the transaction goes again by itself', async () => {
  const bench = new TransactBench({ publicationsMax: 10 });
  const partition = bench.assign(0);
  bench.deliver(bench.begin(partition, 0), 2);
  bench.deliver(bench.begin(partition, 1), 1);
  await bench.clock.advance(POLICY.lingerMs);

  await bench.answer(ABORTED, NEVER, ABORTED);
  await bench.clock.advance(POLICY.lingerMs);
  await bench.answer(null, null, null);

  assert.deepEqual(bench.sent[1], ['0/0.0', '0/0.1 E_SINK_REJECTED', '0/1.0']);
  assert.deepEqual(bench.finished, ['0/0', '0/1']);
  assert.deepEqual(bench.given.toSorted(), ['0/0.0', '0/0.1', '0/1.0']);
});

test('when it is not known what was written the engine fails, and nothing of it is finished', async () => {
  const bench = new TransactBench();
  bench.deliver(bench.begin(bench.assign(0), 0), 3);
  const unknown = new EngineError('E_TRANSACTION_UNKNOWN');

  bench.transactions.requests.at(-1)?.reject(unknown);
  await settle();
  await bench.clock.advance(1000);

  assert.deepEqual(bench.failures, [unknown]);
  assert.deepEqual([bench.finished, bench.sent.length], [[], 1]);
});

test('after stop nothing is sent, and the answer of what was under way changes nothing', async () => {
  const bench = new TransactBench();
  const partition = bench.assign(0);
  bench.deliver(bench.begin(partition, 0), 3);
  bench.deliver(bench.begin(partition, 1), 3);

  bench.transact.stop();
  await bench.answer(null, null, null);
  bench.transact.hurry();

  assert.deepEqual([bench.sent.length, bench.finished, bench.failures], [1, [], []]);
});

test('what another mode noted as done above the position stays noted', async () => {
  const bench = new TransactBench();
  const map = encodeAckMap(0, [
    [2, 4],
    [7, 8],
  ]);
  const partition = bench.assign(0, { offset: 0, metadata: map });
  const works = [0, 1].map((offset) => bench.begin(partition, offset));

  for (const work of works) bench.deliver(work, 0);
  await bench.clock.advance(POLICY.lingerMs);

  const [position] = bench.transactions.requests[0]?.transaction.positions ?? [];
  assert.equal(
    position?.metadata,
    encodeAckMap(2, [
      [2, 4],
      [7, 8],
    ]),
  );
});

test('behind a delivery that was dropped nothing is released: it is given back, also what is done later', async () => {
  const bench = new TransactBench();
  const partition = bench.assign(0);
  const [first, second, third, fourth] = [0, 1, 2, 3].map((offset) => bench.begin(partition, offset));
  assert.ok(first && second && third && fourth);
  bench.deliver(first, 1);
  bench.deliver(third, 1);

  bench.transact.cut(second);
  bench.deliver(fourth, 1);
  await bench.clock.advance(POLICY.lingerMs);
  await bench.answer(null);

  assert.deepEqual([bench.dropped, bench.finished], [['0/2', '0/3'], ['0/0']]);
  assert.deepEqual(bench.sent, [['0/0.0']]);
  assert.deepEqual([bench.given.toSorted(), bench.transact.heldBack], [['0/0.0', '0/2.0', '0/3.0'], 0]);
});

test('a partition that was let go gives back what is held; what is under way is given back when it fails', async () => {
  const bench = new TransactBench();
  const partition = bench.assign(0);
  const [first, second, third] = [0, 1, 2].map((offset) => bench.begin(partition, offset));
  assert.ok(first && second && third);
  bench.deliver(first, 3);
  bench.deliver(third, 1);

  partition.phase = 'fenced';
  bench.transact.forget(partition);
  const atOnce = [...bench.dropped];
  await bench.answer(BUSY, BUSY, BUSY);
  await bench.clock.advance(1000);

  assert.deepEqual([atOnce, bench.dropped], [['0/2'], ['0/2', '0/0']]);
  assert.equal(bench.sent.length, 1);
  assert.deepEqual(bench.given.toSorted(), ['0/0.0', '0/0.1', '0/0.2', '0/2.0']);
});

test('that a partition is another’s is no news once it was let go of', async () => {
  const bench = new TransactBench();
  const partition = bench.assign(0);
  bench.deliver(bench.begin(partition, 0), 1);
  await bench.clock.advance(POLICY.lingerMs);

  partition.phase = 'fenced';
  bench.transact.forget(partition);
  bench.transactions.requests.at(-1)?.reject(new EngineError('E_FENCED'));
  await settle();

  assert.deepEqual([bench.fenced, bench.failures], [[], []]);
  assert.deepEqual(bench.dropped, ['0/0']);
});

test('a transaction has no more positions than its port takes, and partitions take turns', async () => {
  const bench = new TransactBench({ publicationsMax: 1 });
  bench.transactions.positionsMax = 1;
  const [one, other] = [bench.assign(0), bench.assign(1)];
  for (const offset of [0, 1]) for (const each of [one, other]) bench.deliver(bench.begin(each, offset), 1);

  for (let i = 0; i < 3; i++) await bench.answer(null);

  assert.deepEqual(bench.sent, [['0/0.0'], ['1/0.0'], ['0/1.0'], ['1/1.0']]);
});

test('a partition that another has taken over is dropped with all that is held of it; the others go on', async () => {
  const bench = new TransactBench();
  bench.transactions.positionsMax = 1;
  const [one, other] = [bench.assign(0), bench.assign(1)];
  for (const each of [one, other]) bench.deliver(bench.begin(each, 0), 1);
  await bench.clock.advance(POLICY.lingerMs);
  bench.deliver(bench.begin(one, 1), 1);

  bench.transactions.requests.at(-1)?.reject(new EngineError('E_FENCED'));
  await settle();
  await bench.clock.advance(POLICY.lingerMs);
  await bench.answer(null);

  assert.deepEqual([one.phase, other.phase], ['fenced', 'active']);
  assert.deepEqual(bench.fenced, [one]);
  assert.deepEqual([bench.dropped, bench.finished, bench.failures], [['0/0', '0/1'], ['1/0'], []]);
  assert.deepEqual([one.inHand, bench.transact.heldBack], [0, 0]);
});
