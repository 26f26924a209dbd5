import type { NotedPosition } from '../../../../src/model/delivery.ts';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Group, committedPositions } from '../../../../src/transport/log/groups.ts';
import { thisHolder } from '../../../../src/transport/log/holder.ts';
import type { FlakyLog } from '../../../helpers/log.ts';
import { openFlakyLog } from '../../../helpers/log.ts';
import { upTo } from '../../../contract/records.ts';

let log: FlakyLog;
beforeEach(async () => {
  log = await openFlakyLog();
});
afterEach(() => log.close());

const at = (partition: number, offset: number): NotedPosition => ({
  topic: 't',
  partition,
  offset,
  metadata: '',
});

test('what is committed while a commit is under way goes into the next one', async () => {
  const group = new Group(log.environment, 'g');
  let transactions = 0;
  log.loses = () => {
    transactions += 1;
    return false;
  };

  await Promise.all(upTo(50).map((i) => group.commit([at(i % 2, i)])));

  assert.ok(transactions <= 2, `${transactions} transactions`);
  assert.deepEqual([group.committed('t', 0)?.offset, group.committed('t', 1)?.offset], [48, 49]);
});

test('a commit that fails is E_COMMIT_FAILED, stores nothing, and the next one is not held up', async () => {
  const group = new Group(log.environment, 'g');
  log.loses = () => true;
  await assert.rejects(group.commit([at(0, 5), at(1, 6)]), { code: 'E_COMMIT_FAILED', retriable: true });
  const between = committedPositions(log.environment, 'g');
  log.loses = () => false;

  await group.commit([at(0, 7)]);

  assert.deepEqual(between, []);
  assert.deepEqual(committedPositions(log.environment, 'g'), [
    { topic: 't', partition: 0, offset: 7, metadata: '' },
  ]);
});

test('a note is kept beside a position', async () => {
  const group = new Group(log.environment, 'g');

  await group.commit([{ ...at(0, 5), metadata: 'done: 7, 9' }]);

  assert.deepEqual(group.committed('t', 0), { offset: 5, metadata: 'done: 7, 9' });
});

test('groups whose names begin alike do not mix', async () => {
  await new Group(log.environment, 'a').commit([at(0, 1)]);
  await new Group(log.environment, 'ab').commit([at(0, 2)]);

  assert.deepEqual(
    committedPositions(log.environment, 'a').map(({ offset }) => offset),
    [1],
  );
});

test('a living holder is named; a dead one is taken over', async () => {
  const { owners } = log.environment.tables;
  const parent = { pid: process.ppid, startedTicks: 0, token: 'parent' };
  owners.putSync('living', parent);
  owners.putSync('dead', { ...thisHolder('dead'), pid: 2 ** 22 + 1 });

  await assert.rejects(new Group(log.environment, 'living').enter(), {
    code: 'E_LOG_BUSY',
    message: new RegExp(`process ${parent.pid} .* group living`),
  });
  const group = new Group(log.environment, 'dead');
  await group.enter();

  assert.equal(owners.get('dead')?.pid, process.pid);
  await group.leave();
  assert.equal(owners.get('dead'), undefined);
});

test('a group that this process could not let go can be entered again', async () => {
  const first = new Group(log.environment, 'g');
  await first.enter();
  log.loses = () => true;
  await first.leave();
  log.loses = () => false;

  const second = new Group(log.environment, 'g');
  await assert.doesNotReject(second.enter());

  await second.leave();
});
