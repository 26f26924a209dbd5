import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { assertKeyOrder, numbered, numbers, sorted, upTo } from '../contract/records.ts';
import type { Child } from '../helpers/children.ts';
import { eventually } from '../helpers/eventually.ts';
import { logOptions, readAll } from '../helpers/log.ts';
import { logChildren } from '../helpers/log-children.ts';

const OPENERS = 2;
/** Of each. Without the gate about one opening in five hundred loses something: 3000 show it each time. */
const OPENINGS = Number(process.env['LOG_OPENINGS'] ?? 150);

const log = logChildren();

/** A process that writes without end, once it does. */
async function startPouring(): Promise<Child> {
  const writer = log.start('pour', log.dir, 'a', '0', '100000000');
  await writer.printed(1);
  return writer;
}

/** Files in the gate that begin so. */
function files(kind: 'o' | 'w'): readonly string[] {
  return readdirSync(join(log.dir, 'gate')).filter((name) => name.startsWith(kind));
}

/** Everything that the process has been told is written is there, once and in order. */
async function assertAcknowledged(writer: Child): Promise<void> {
  await writer.kill();
  const store = await openLog(logOptions(log.dir, { readOnly: true }));
  const deliveries = await readAll(store, 'events');
  await store.close();
  const present = new Set(numbers(deliveries));
  const missing = writer.lines.map(Number).filter((number) => !present.has(number));
  assert.deepEqual(missing, []);
  assert.equal(present.size, deliveries.length);
  assertKeyOrder(deliveries);
}

test('nothing acknowledged is lost while other processes open and close the log all the time', async (context) => {
  const writer = await startPouring();

  const openers = upTo(OPENERS).map((i) => log.start('reopen', log.dir, `opener-${i}`, '0', `${OPENINGS}`));
  await Promise.all(openers.map(({ exited }) => exited));
  const written = writer.lines.length;
  context.diagnostic(`${written} acknowledged meanwhile`);
  await writer.printed(written + 1000);

  assert.deepEqual(
    openers.map(({ lines }) => lines),
    openers.map(() => ['done']),
  );
  await assertAcknowledged(writer);
});

test('a writer that is killed inside the gate holds nobody up, and leaves nothing there', async () => {
  const writer = await startPouring();
  writer.process.kill('SIGSTOP');
  assert.equal(files('w').length, 1);

  await writer.kill();
  await assertAcknowledged(writer);

  assert.deepEqual([...files('w'), ...files('o')], []);
});

test('a process that is killed while it waits to open holds nobody up', async () => {
  const writer = await startPouring();
  writer.process.kill('SIGSTOP');
  const opener = log.start('reopen', log.dir, 'b', '0', '1');
  await eventually('the opener is at the gate', () => files('o').length > 0);

  await opener.kill();
  const written = writer.lines.length;
  writer.process.kill('SIGCONT');
  await writer.printed(written + 10_000);

  await assertAcknowledged(writer);
});

test('a stopped writer is E_LOG_BUSY with its id; when it goes on the log can be opened', async () => {
  const writer = await startPouring();
  const open = (): Promise<LogStore> => openLog(logOptions(log.dir, { readOnly: true, yieldMsMax: 50 }));
  writer.process.kill('SIGSTOP');

  await assert.rejects(open(), {
    code: 'E_LOG_BUSY',
    message: new RegExp(`process ${writer.process.pid} writes`),
    hint: new RegExp(`kill -CONT ${writer.process.pid}`),
  });
  writer.process.kill('SIGCONT');
  const store = await openLog(logOptions(log.dir, { readOnly: true }));

  assert.equal(store.topics().length, 1);
  await store.close();
});

test('a log on a medium that is mounted for reading can be read', async (context) => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'faultline-test', log.dir], { stdio: 'pipe' });
  } catch {
    return context.skip('nothing can be mounted here');
  }
  try {
    const store = await openLog(logOptions(log.dir));
    await store.append('t', numbered(20));
    await store.close();
    execFileSync('mount', ['-o', 'remount,ro', log.dir]);

    const reader = await openLog(logOptions(log.dir, { readOnly: true }));
    const read = numbers(await readAll(reader, 't'));
    await reader.close();

    assert.deepEqual(sorted(read), upTo(20));
    await assert.rejects(openLog(logOptions(log.dir)), { code: 'E_LOG_DIR' });
  } finally {
    execFileSync('umount', ['--lazy', log.dir]);
  }
});
