import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Child } from './child.ts';
import { runChild } from './child.ts';

/** Listens, says what it hears and that it outlived it, and lives until its input ends. */
function listening(options: string): Child {
  return runChild(
    'src/system/signals.ts',
    'onSignals',
    `const say = (text) => process.stdout.write(text + '\\n');
     const heard = () => say('heard');
     const remove = onSignals({ first: (signal) => say('first ' + signal), ${options} });
     process.stdin.on('data', () => {
       remove();
       for (const name of ['SIGINT', 'SIGTERM']) process.off(name, heard);
       say('removed');
     });
     process.stdin.on('end', () => { remove(); say('bye'); });
     for (const name of ['SIGINT', 'SIGTERM']) process.on(name, heard);
     say('ready');`,
  );
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`the first ${signal} is told, by the second one the process ends`, async () => {
    const child = listening(`second: (signal) => say('second ' + signal), echoMs: 0`);
    const lines = [await child.line()];

    child.process.kill(signal);
    lines.push(await child.line(), await child.line());
    const endedAfterFirst = child.process.exitCode !== null;
    child.process.kill(signal);
    lines.push(await child.line());

    assert.deepEqual(lines, ['ready', `first ${signal}`, 'heard', `second ${signal}`]);
    assert.equal(endedAfterFirst, false);
    assert.deepEqual(await child.ended, { code: null, signal });
  });
}

test('another signal is a second wish, however soon', async () => {
  const child = listening('echoMs: 1e9');
  await child.line();

  child.process.kill('SIGINT');
  await child.line();
  child.process.kill('SIGTERM');

  assert.deepEqual(await child.ended, { code: null, signal: 'SIGTERM' });
});

test('the echo of one key press is not a second wish', async () => {
  const child = listening('echoMs: 1e9');
  await child.line();

  child.process.kill('SIGINT');
  const lines = [await child.line(), await child.line()];
  child.process.kill('SIGINT');
  lines.push(await child.line());
  child.process.stdin.end();
  lines.push(await child.line());

  assert.deepEqual(lines, ['first SIGINT', 'heard', 'heard', 'bye']);
  assert.deepEqual(await child.ended, { code: 0, signal: null });
});

test('a last word that throws does not keep the process', async () => {
  const child = listening(`second: () => { throw new Error('no'); }, echoMs: 0`);
  await child.line();

  child.process.kill('SIGTERM');
  await child.line();
  child.process.kill('SIGTERM');

  assert.deepEqual(await child.ended, { code: null, signal: 'SIGTERM' });
});

test('after it is removed a signal does what Node does by itself', async () => {
  const child = listening('echoMs: 0');
  await child.line();

  child.process.stdin.write('remove\n');
  await child.line();
  child.process.kill('SIGTERM');

  assert.deepEqual(await child.ended, { code: null, signal: 'SIGTERM' });
});
