import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Credit } from '../../../src/engine/credit.ts';

test('credit is spent by deliveries and by bytes, and says which', () => {
  const credit = new Credit(4, 100);

  credit.take(1, 100);
  const byBytes = credit.spent;
  credit.give(100);
  credit.take(4, 4);

  assert.equal(byBytes, 'credit.bytes');
  assert.equal(credit.spent, 'credit.deliveries');
});

test('after a stop it recovers when a quarter is free again', () => {
  const credit = new Credit(8, 1000);
  credit.take(8, 80);

  credit.give(10);
  const afterOne = credit.recovered;
  credit.give(10);

  assert.deepEqual([afterOne, credit.recovered], [false, true]);
});

test('a delivery larger than all credit passes alone', () => {
  const credit = new Credit(8, 10);

  credit.take(1, 5000);
  const spent = credit.spent;
  credit.give(5000);

  assert.equal(spent, 'credit.bytes');
  assert.equal(credit.recovered, true);
});

test('credit given back twice breaks an assertion', () => {
  const credit = new Credit(8, 10);
  credit.take(1, 5);
  credit.give(5);

  assert.throws(() => credit.give(5), { code: 'E_ASSERT' });
});

test('pulls that wait at the same time set aside their shares, so that together they stay within the credit', () => {
  const credit = new Credit(10, 100);

  const first = credit.reserve(50, 2);
  const second = credit.reserve(50, 2);
  credit.release(first);
  credit.take(first.deliveries, first.bytes);
  credit.release(second);
  credit.take(second.deliveries, second.bytes);

  assert.deepEqual(
    [first, second],
    [
      { deliveries: 5, bytes: 50 },
      { deliveries: 3, bytes: 25 },
    ],
  );
  assert.equal(credit.deliveries, 8);
});
