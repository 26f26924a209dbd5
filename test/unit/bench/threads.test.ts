import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partsOf } from '../../../bench/meter.ts';
import { addUp, kindOf, parseStat } from '../../../bench/threads.ts';

const SCRIPTS = new Set(['WorkerThread', 'publisher']);

test('threads are told apart by their names', () => {
  const kinds = ['WorkerThread', 'publisher', 'V8Worker', 'libuv-worker', 'SignalInspector', 'tokio'].map(
    (name) => kindOf(name, SCRIPTS),
  );

  assert.deepEqual(kinds, ['script', 'script', 'v8', 'libuv', 'other', 'other']);
});

test('the main thread is known by its id: threads that add-ons make inherit its name', () => {
  const sums = addUp(
    [
      { name: 'MainThread', isMain: true, cpuUs: 5 },
      { name: 'MainThread', isMain: false, cpuUs: 3 },
      { name: 'V8Worker', isMain: false, cpuUs: 2 },
      { name: 'V8Worker', isMain: false, cpuUs: 1 },
    ],
    SCRIPTS,
  );

  assert.deepEqual(sums, { main: 5, script: 0, v8: 3, libuv: 0, other: 3 });
});

test('a name with brackets and blanks does not shift the fields of stat', () => {
  const fields = ['S', ...Array.from({ length: 10 }, () => '0'), '7', '2', '99'];

  const { name, cpuUs } = parseStat(`12 (a) b (c)) ${fields.join(' ')}`);

  assert.equal(name, 'a) b (c)');
  assert.equal(cpuUs, 90_000);
});

test('the parts of the CPU are together the process, whatever has ended in between', () => {
  const start = { main: 10, script: 20, v8: 5, libuv: 5, other: 1 };
  const end = { main: 110, script: 420, v8: 55, libuv: 25, other: 2 };

  const parts = partsOf({ start, end, mainUs: 120, publisherUs: 90, processUs: 1000, events: 10 });

  assert.deepEqual(parts, { main: 12, workers: 31, publisher: 9, v8: 5, libuv: 2, other: 41 });
});

test('where the system does not tell of threads there are no parts', () => {
  const parts = partsOf({ start: null, end: null, mainUs: 1, publisherUs: 1, processUs: 1, events: 1 });

  assert.equal(parts, null);
});
