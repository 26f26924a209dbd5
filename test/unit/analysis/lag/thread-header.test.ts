/** First lines of threads in dumps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseThreadHeader } from '../../../../src/analysis/lag/thread-header.ts';

test('an ART header has name, id and state', () => {
  const header = parseThreadHeader('"ui loop" daemon prio=5 tid=7 WaitingForGc');

  assert.deepEqual(header, { name: 'ui loop', id: '7', state: 'WaitingForGc', runtime: 'art' });
});

test('what ART puts behind the state in parentheses is no state', () => {
  const starting = parseThreadHeader('"a" prio=10 tid=7 Native (still starting up)');
  const detached = parseThreadHeader('"a" prio=5 (not attached)');

  assert.equal(starting?.state, 'Native');
  assert.deepEqual(detached, { name: 'a', runtime: 'art' });
});

test('a thread of a native process is known by the system’s id', () => {
  const header = parseThreadHeader('"worker" sysTid=4711');

  assert.deepEqual(header, { name: 'worker', id: '4711', systemId: '4711', runtime: 'art' });
});

test('a HotSpot header of any JDK has its number, the system’s id and the words of its state', () => {
  const jdk17 = parseThreadHeader(
    '"m" #1 prio=5 os_prio=0 cpu=1.5ms tid=0x7f nid=0x1f waiting on condition  [0x0a]',
  );
  const jdk21 = parseThreadHeader('"m" #31 [999] daemon prio=5 os_prio=0 tid=0x7f nid=999 runnable  [0x0a]');
  const jdk6 = parseThreadHeader('"m" prio=10 tid=0x7f nid=0x10 runnable [0x0a]');

  assert.deepEqual(jdk17, {
    name: 'm',
    id: '1',
    systemId: '31',
    state: 'waiting on condition',
    runtime: 'jvm',
  });
  assert.deepEqual(jdk21, { name: 'm', id: '31', systemId: '999', state: 'runnable', runtime: 'jvm' });
  assert.deepEqual(jdk6, { name: 'm', id: '0x10', systemId: '16', state: 'runnable', runtime: 'jvm' });
});

test('a name may hold quotation marks', () => {
  const header = parseThreadHeader('"say "hi" twice" prio=5 tid=2 Native');

  assert.equal(header?.name, 'say "hi" twice');
});

test('lines that only begin with a quotation mark are no headers', () => {
  const lines = ['"lock-1":', '"', '""', '"a" b c', '"key": "value",', '"open'];

  const headers = lines.map(parseThreadHeader);

  assert.deepEqual(headers, [null, null, null, null, null, null]);
});
