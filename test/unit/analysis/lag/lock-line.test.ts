/** Lines of dumps that tell of locks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLockLine } from '../../../../src/analysis/lag/lock-line.ts';

test('a monitor waited for has address, class and holder', () => {
  const lock = parseLockLine('- waiting to lock <0x0a> (a com.shop.Db) held by thread 12', 3);

  assert.deepEqual(lock, {
    kind: 'waiting-to-lock',
    address: '0x0a',
    className: 'com.shop.Db',
    heldBy: '12',
    frame: 3,
  });
});

test('each form of either runtime has its kind', () => {
  const kinds = [
    '- waiting on <0x1> (a A)',
    '- sleeping on <0x1> (a A)',
    '- locked <0x1> (a A)',
    '- locked <@addr=0x1> (a A)',
    '- parking to wait for  <0x1> (a A)',
    '- waiting to re-lock in wait() <0x1> (a A)',
    '- <0x1> (a A)',
  ].map((line) => parseLockLine(line, 0));

  assert.deepEqual(
    kinds.map((lock) => lock?.kind),
    ['waiting-on', 'sleeping-on', 'locked', 'locked', 'parking', 'waiting-to-lock', 'locked'],
  );
  assert.ok(kinds.every((lock) => lock?.address === '0x1' && lock.className === 'A'));
});

test('a lock without identity has no address', () => {
  const unknown = parseLockLine('- waiting to lock an unknown object', 0);
  const virtual = parseLockLine('- eliminated <owner is scalar replaced> (a A)', 0);

  assert.deepEqual(unknown, { kind: 'waiting-to-lock', frame: 0 });
  assert.equal(virtual, null);
});

test('other lines with a dash are no locks', () => {
  const locks = ['- None', '-', '- ', '-- x', 'locked <0x1>'].map((line) => parseLockLine(line, 0));

  assert.deepEqual(locks, [null, null, null, null, null]);
});
