import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { NotedPosition, Publication } from '../../../../src/model/delivery.ts';
import { EngineError } from '../../../../src/model/errors.ts';
import type { PublishResult } from '../../../../src/ports/sink.ts';
import type { Source } from '../../../../src/ports/source.ts';
import { committedPositions } from '../../../../src/transport/log/groups.ts';
import { LogStore } from '../../../../src/transport/log/store.ts';
import type { FlakyLog } from '../../../helpers/log.ts';
import { logOptions, openFlakyLog, readAll } from '../../../helpers/log.ts';
import { numbered, numbers, publications, sorted, upTo } from '../../../contract/records.ts';

let log: FlakyLog;
let sources: Source[] = [];
beforeEach(async () => {
  log = await openFlakyLog();
  sources = [];
  await read('g');
});
afterEach(async () => {
  log.loses = () => false;
  for (const source of sources) await source.close();
  await log.close();
});

async function read(group: string): Promise<void> {
  const source = log.store.source({ group, subscribes: () => false, from: 'earliest' });
  sources.push(source);
  await source.open({ assigned: () => {}, revoked: async () => {} });
}

const at = (offset: number): NotedPosition => ({ topic: 'in', partition: 0, offset, metadata: '' });

function batch(count: number, from = 0): Publication[] {
  return publications('t', numbered(count, 10, from));
}

function offsets(group: string): readonly number[] {
  return committedPositions(log.environment, group).map(({ offset }) => offset);
}

function codes(results: readonly PublishResult[]): (string | undefined)[] {
  return results.map((result) => result?.code);
}

/** A store on the same log whose writes go through `write`. */
function storeWith(write: (real: () => Promise<void>) => Promise<void>): LogStore {
  const { environment } = log;
  return new LogStore(logOptions(environment.dir), {
    ...environment,
    write: (instructions, bytes) => write(() => environment.write(instructions, bytes)),
    close: async () => {},
  });
}

/** As LMDB rejects. */
function commitFailed(reason: Error): Error {
  const commitError = Promise.reject(reason);
  commitError.catch(() => {});
  return Object.assign(new Error('Commit failed'), { commitError });
}

test('findings of several topics and positions share one transaction of LMDB', async () => {
  const transactions = log.store.transactions();
  const findings = [...batch(5), ...publications('u', numbered(5))];
  await transactions.transact({ group: 'g', positions: [at(1)], publications: findings });
  let count = 0;
  log.loses = () => {
    count += 1;
    return false;
  };

  await transactions.transact({ group: 'g', positions: [at(2)], publications: findings });

  assert.equal(count, 1);
  await transactions.close();
});

test('a refused publication has its own code, the others E_TRANSACTION_ABORTED; not even a topic is made', async () => {
  const transactions = log.store.transactions();
  const [one] = batch(1);
  assert.ok(one !== undefined);
  const refused = [one, { ...one, topic: 'a b' }, { ...one, value: Buffer.alloc(100_000) }, one];

  const results = await transactions.transact({ group: 'g', positions: [at(1)], publications: refused });

  assert.deepEqual(codes(results), [
    'E_TRANSACTION_ABORTED',
    'E_SINK_REJECTED',
    'E_RECORD_TOO_LARGE',
    'E_TRANSACTION_ABORTED',
  ]);
  assert.deepEqual([log.store.topics(), offsets('g')], [[], []]);
  await transactions.close();
});

test('a full disk is E_LOG_FULL, retriable; nothing is written', async () => {
  const transactions = log.store.transactions();
  await transactions.transact({ group: 'g', positions: [at(1)], publications: batch(3) });
  log.loses = () => true;

  const refused = transactions.transact({ group: 'g', positions: [at(2)], publications: batch(3, 3) });

  await assert.rejects(refused, { code: 'E_LOG_FULL', retriable: true });
  assert.deepEqual(offsets('g'), [1]);
  assert.equal((await readAll(log.store, 't')).length, 3);
  await transactions.close();
});

test('a gate that another process does not leave is E_LOG_BUSY, retriable; nothing is written', async () => {
  const busy = new EngineError('E_LOG_BUSY', 'a process opens the log', { retriable: true });
  const store = storeWith(() => Promise.reject(busy));
  const transactions = store.transactions();

  const refused = transactions.transact({ group: 'g', positions: [at(1)], publications: batch(3) });

  await assert.rejects(refused, { code: 'E_LOG_BUSY', retriable: true });
  assert.deepEqual([offsets('g'), log.store.topics()], [[], []]);
  await transactions.close();
  await store.close();
});

test('a group that another process has taken over is E_GROUP_LOST with its id; no block is left behind', async () => {
  const { owners, blocks, index } = log.environment.tables;
  const transactions = log.store.transactions();
  await transactions.transact({ group: 'g', positions: [at(1)], publications: batch(3) });
  owners.putSync('g', { pid: process.ppid, startedTicks: 0, token: 'other' });

  const lost = transactions.transact({ group: 'g', positions: [at(2)], publications: batch(3, 3) });

  await assert.rejects(lost, {
    code: 'E_GROUP_LOST',
    retriable: false,
    message: new RegExp(`process ${process.ppid} `),
  });
  assert.deepEqual(offsets('g'), [1]);
  assert.equal((await readAll(log.store, 't')).length, 3);
  assert.equal(index.getCount({}), blocks.getCount({}));
  await transactions.close();
});

test('a lost group does not fail what is under way behind it', async () => {
  const transactions = log.store.transactions();
  const sink = log.store.sink();
  await sink.publish(batch(1));

  const lost = transactions.transact({ group: 'nobody', positions: [at(2)], publications: batch(1, 1) });
  const published = sink.publish(batch(1, 2));
  const kept = transactions.transact({ group: 'g', positions: [at(3)], publications: batch(1, 3) });

  await assert.rejects(lost, { code: 'E_GROUP_LOST' });
  assert.deepEqual([await published, await kept], [[null], [null]]);
  assert.deepEqual(sorted(numbers(await readAll(log.store, 't'))), [0, 2, 3]);
  assert.deepEqual(offsets('g'), [3]);
  await transactions.close();
  await sink.close();
});

test('when a transaction fails, those of other groups under way behind it write nothing; all succeed again', async () => {
  const transactions = log.store.transactions();
  await read('h');
  await read('i');
  await transactions.transact({ group: 'g', positions: [], publications: batch(1) });
  let count = 0;
  log.loses = () => count++ === 0;
  const all = ['g', 'h', 'i'].map((group, i) => ({
    group,
    positions: [at(1)],
    publications: batch(5, 1 + i * 5),
  }));

  const failed = await Promise.allSettled(all.map((each) => transactions.transact(each)));
  const between = ['g', 'h', 'i'].map(offsets);
  const taken = await Promise.all(all.map((each) => transactions.transact(each)));

  assert.deepEqual(
    failed.map((each) => each.status === 'rejected' && (each.reason as EngineError).retriable),
    [true, true, true],
  );
  assert.deepEqual(between, [[], [], []]);
  assert.deepEqual(
    taken.flat().filter((result) => result !== null),
    [],
  );
  assert.deepEqual(['g', 'h', 'i'].map(offsets), [[1], [1], [1]]);
  assert.deepEqual(sorted(numbers(await readAll(log.store, 't'))), upTo(16));
  await transactions.close();
});

test('positions alone that fail hold back what is under way behind them', async () => {
  const transactions = log.store.transactions();
  const sink = log.store.sink();
  await sink.publish(batch(1));
  let count = 0;
  log.loses = () => count++ === 1;

  const first = sink.publish(batch(1, 1));
  const failed = transactions.transact({ group: 'g', positions: [at(1)], publications: [] });
  const behind = sink.publish(batch(1, 2));

  await assert.rejects(failed, { code: 'E_LOG_FULL' });
  assert.deepEqual([await first, codes(await behind)], [[null], ['E_LOG_FULL']]);
  assert.deepEqual(numbers(await readAll(log.store, 't')), [0, 1]);
  await transactions.close();
  await sink.close();
});

test('when the flush fails after the commit, nobody is told to write the same again: E_TRANSACTION_UNKNOWN', async () => {
  let fails = false;
  const store = storeWith(async (real) => {
    await real();
    if (fails) throw commitFailed(Object.assign(new Error('Input/output error'), { code: 5 }));
  });
  const transactions = store.transactions();
  await transactions.transact({ group: 'g', positions: [at(1)], publications: batch(3) });
  fails = true;

  const doubtful = transactions.transact({ group: 'g', positions: [at(2)], publications: batch(3, 3) });

  await assert.rejects(doubtful, { code: 'E_TRANSACTION_UNKNOWN', retriable: false });
  assert.deepEqual(offsets('g'), [2]);
  assert.deepEqual(sorted(numbers(await readAll(log.store, 't'))), upTo(6));
  await transactions.close();
  await store.close();
});

test('when something acknowledged has vanished, no transaction is written any more', async () => {
  const transactions = log.store.transactions();
  await transactions.transact({ group: 'g', positions: [at(1)], publications: batch(1) });
  log.environment.tables.writers.putSync(1, 0);

  const refused = transactions.transact({ group: 'g', positions: [at(2)], publications: batch(1, 1) });

  await assert.rejects(refused, { code: 'E_LOG_LOST', retriable: false });
  assert.deepEqual(offsets('g'), [1]);
  assert.deepEqual(numbers(await readAll(log.store, 't')), [0]);
  await transactions.close();
});
