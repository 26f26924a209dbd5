/** `faultline log` on a real log. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { main } from '../../src/cli/cli.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { numbered, upTo } from '../contract/records.ts';
import { logOptions } from '../helpers/log.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { fakeTerminal } from '../helpers/terminal.ts';

async function log(dir: string, ...args: readonly string[]) {
  const terminal = fakeTerminal({});
  const code = await main(['log', ...args, '--data', dir], terminal, {});
  return { code, out: terminal.out(), err: terminal.err() };
}

/** Ten blocks of ten records in one partition. */
async function fill(dir: string): Promise<void> {
  const store = await openLog(logOptions(dir, { partitions: 1 }));
  for (const i of upTo(10)) await store.append('app-crash', numbered(10, 1, 10 * i));
  await store.close();
}

test('info tells what the file has, what is in use, and from when to when the records are', async (t) => {
  const dir = join(temporaryDirectory(t), 'log');
  await fill(dir);

  const shown = await log(dir, 'info');
  const { out } = await log(dir, 'info', '--json');

  const found = JSON.parse(out) as {
    fileBytes: number;
    liveBytes: number;
    topics: { name: string; oldest: string; newest: string; partitions: { start: number; end: number }[] }[];
  };
  assert.equal(shown.code, 0);
  assert.match(shown.out, /^app-crash +100 .* 2023-11-14T22:13:20.000Z  2023-11-14T22:13:20.099Z$/m);
  assert.match(shown.out, /The file has .*: .* in use, .* free inside\./);
  assert.ok(found.fileBytes >= found.liveBytes && found.liveBytes > 0);
  assert.deepEqual([found.topics[0]?.name, found.topics[0]?.partitions[0]?.end], ['app-crash', 100]);
});

test('trim removes what the flags let go, and names the group for which more is kept', async (t) => {
  const dir = join(temporaryDirectory(t), 'log');
  await fill(dir);
  const store = await openLog(logOptions(dir));
  const source = store.source({ group: 'slow', subscribes: () => true, from: 'earliest' });
  await source.open({ assigned: () => {}, revoked: async () => {} });
  await source.commit([{ topic: 'app-crash', partition: 0, offset: 35, metadata: '' }]);
  await source.close();
  await store.close();

  const trimmed = await log(dir, 'trim', '--retention-age-ms', '1000');
  const again = await log(dir, 'trim', '--retention-bytes', '1', '--retention-uncommitted', 'drop', '--json');

  assert.equal(trimmed.code, 0);
  assert.match(trimmed.out, /^removed 30 records \(.*\) of app-crash$/m);
  assert.match(trimmed.out, /^kept for group slow: app-crash partition 0, from offset 35 on$/m);
  assert.equal((JSON.parse(again.out) as { removed: { records: number }[] }).removed[0]?.records, 70);
});

test('compact tells the sizes before and after, and is refused while the log is open', async (t) => {
  const dir = join(temporaryDirectory(t), 'log');
  await fill(dir);
  const store = await openLog(logOptions(dir));

  const refused = await log(dir, 'compact');
  await store.close();
  const done = await log(dir, 'compact');

  assert.deepEqual([refused.code, done.code], [3, 0]);
  assert.match(
    refused.err,
    new RegExp(`^faultline log: process ${process.pid} has the log in .* open$`, 'm'),
  );
  assert.match(done.out, /^.* before, .* after\n$/);
});

test('wrong use is one sentence and exit code 2; a log that is not there is 3', async (t) => {
  const dir = join(temporaryDirectory(t), 'log');

  for (const [args, sentence] of [
    [['compakt'], /there is no log "compakt"; did you mean compact\?/],
    [['trim'], /nothing says what to remove/],
    [['compact', '--retention-bytes', '1'], /--retention-bytes is for log trim, not for log compact/],
    [[], /info\|trim\|compact is missing/],
  ] as const) {
    const { code, err } = await log(dir, ...args);
    assert.equal(code, 2);
    assert.match(err, sentence);
  }
  for (const args of [['info'], ['compact'], ['trim', '--retention-bytes', '1']]) {
    const { code, err } = await log(dir, ...args);
    assert.equal(code, 3, err);
    assert.match(err, /there is no log in/);
  }
});
