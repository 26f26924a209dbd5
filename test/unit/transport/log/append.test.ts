import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { FlakyLog } from '../../../helpers/log.ts';
import { openFlakyLog, readAll } from '../../../helpers/log.ts';
import { numbered, numbers, publications, sorted, upTo } from '../../../contract/records.ts';

let log: FlakyLog;
beforeEach(async () => {
  log = await openFlakyLog();
});
afterEach(() => log.close());

/** Counts the transactions from now on. */
function countTransactions(): () => number {
  let count = 0;
  log.loses = () => {
    count += 1;
    return false;
  };
  return () => count;
}

test('the calls of one turn share a transaction', async () => {
  const sink = log.store.sink();
  await sink.publish(publications('t', numbered(1)));
  const transactions = countTransactions();

  await Promise.all(upTo(20).map((i) => sink.publish(publications('t', numbered(5, 10, 1 + i * 5)))));

  assert.equal(transactions(), 1);
  await sink.close();
});

test('a full disk is E_LOG_FULL, retriable, for every publication of the transaction', async () => {
  const sink = log.store.sink();
  await sink.publish(publications('t', numbered(1)));
  log.loses = () => true;

  const results = await sink.publish(publications('t', numbered(3)));

  assert.deepEqual(
    results.map((result) => [result?.code, result?.retriable]),
    new Array(3).fill(['E_LOG_FULL', true]),
  );
  await sink.close();
});

test('a topic that cannot be made fails what was to go there, and is made later', async () => {
  const sink = log.store.sink();
  log.loses = () => true;
  const failed = await sink.publish(publications('new', numbered(2)));
  log.loses = () => false;

  const taken = await sink.publish(publications('new', numbered(2)));

  assert.deepEqual(
    failed.map((result) => result?.retriable),
    [true, true],
  );
  assert.deepEqual(taken, [null, null]);
  assert.deepEqual(sorted(numbers(await readAll(log.store, 'new'))), [0, 1]);
  await sink.close();
});

test('what is lost leaves no blocks behind', async () => {
  const sink = log.store.sink();
  await sink.publish(publications('t', numbered(1)));
  let transactions = 0;
  log.loses = () => transactions++ === 0;

  const calls = [];
  for (const i of upTo(6)) {
    calls.push(sink.publish(publications('t', numbered(1, 1, i))));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const taken = (await Promise.all(calls)).flat().filter((result) => result === null).length;

  const { index, blocks } = log.environment.tables;
  assert.equal(index.getCount({}), blocks.getCount({}));
  assert.equal((await readAll(log.store, 't')).length, 1 + taken);
  await sink.close();
});

test('a topic whose name no log can have is refused for good, alone', async () => {
  const sink = log.store.sink();
  const [good] = publications('t', numbered(1));
  const bad = ['', '..', 'a b', 'x'.repeat(250)].flatMap((topic) => publications(topic, numbered(1)));

  const results = await sink.publish([...bad, ...(good === undefined ? [] : [good])]);

  assert.deepEqual(
    results.map((result) => result?.code),
    [...new Array<string>(4).fill('E_SINK_REJECTED'), undefined],
  );
  await sink.close();
});

test('when something acknowledged has vanished, nothing more is written or committed, for good', async () => {
  const sink = log.store.sink();
  const source = log.store.source({ group: 'g', subscribes: () => true, from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  await sink.publish(publications('t', numbered(1)));
  log.environment.tables.writers.putSync(1, 0);

  const [first] = await sink.publish(publications('t', numbered(1, 1, 1)));
  const [second] = await sink.publish(publications('t', numbered(1, 1, 2)));
  const committed = source.commit([{ topic: 't', partition: 0, offset: 1, metadata: '' }]);

  for (const refusal of [first, second]) {
    assert.deepEqual([refusal?.code, refusal?.retriable], ['E_LOG_LOST', false]);
  }
  await assert.rejects(committed, { code: 'E_COMMIT_FAILED', message: /was acknowledged/ });
  assert.deepEqual(log.store.groups()[0]?.positions, []);
  assert.deepEqual(numbers(await readAll(log.store, 't')), [0]);
  await source.close();
  await sink.close();
});
