import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { TrimReport } from '../../../../src/transport/log/trim.ts';
import { numbered } from '../../../contract/records.ts';
import { eventually } from '../../../helpers/eventually.ts';
import type { FlakyLog } from '../../../helpers/log.ts';
import { openFlakyLog } from '../../../helpers/log.ts';

let log: FlakyLog;
let reports: TrimReport[];
let failures: unknown[];
beforeEach(async () => {
  log = await openFlakyLog({ partitions: 1 });
  reports = [];
  failures = [];
});
afterEach(() => log.close());

function retain(bytes: number, intervalMs = 1) {
  return log.store.retain({
    ageMs: 0,
    bytes,
    uncommitted: 'keep',
    intervalMs,
    onTrimmed: (report) => reports.push(report),
    onFailed: (error) => failures.push(error),
  });
}

test('it trims at once and again after each interval, and tells what it removed', async () => {
  await log.store.append('t', numbered(10, 1));
  const retention = retain(1);
  await eventually('the first trim', () => reports.length === 1);

  await log.store.append('t', numbered(5, 1, 10));
  await eventually('a later trim', () => reports.length === 2);
  await retention.close();
  await log.store.append('t', numbered(5, 1, 15));

  assert.deepEqual(
    reports.map(({ removed }) => removed[0]?.records),
    [10, 5],
  );
  assert.equal(log.store.topics()[0]?.records, 5);
});

test('a trim that fails is told, and tried again', async () => {
  await log.store.append('t', numbered(10, 1));
  log.loses = () => failures.length < 2;

  retain(1);
  await eventually('a trim that succeeds', () => reports.length === 1);

  assert.deepEqual(
    failures.map((error) => (error as { code?: unknown }).code),
    ['E_LOG_FULL', 'E_LOG_FULL'],
  );
});

test('without limits it does nothing, and closing the store ends it', async () => {
  await log.store.append('t', numbered(10, 1));
  let transactions = 0;
  log.loses = () => {
    transactions += 1;
    return false;
  };

  const idle = retain(0);
  const busy = retain(1, 86_400_000);
  await eventually('the trim of the other one', () => reports.length === 1);
  await log.store.close();
  await Promise.all([idle.close(), busy.close()]);

  assert.equal(transactions, 1);
});
