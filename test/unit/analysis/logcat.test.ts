/** Every form in which Android's log prefixes a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logcatMessage } from '../../../src/analysis/logcat.ts';

const MESSAGE = '\tat com.shop.Cart.add(Cart.kt:31)';

for (const prefix of [
  'E/AndroidRuntime( 1234): ',
  'E/AndroidRuntime(12345): ',
  'E/AndroidRuntime: ',
  ' E/AndroidRuntime: ',
  'E AndroidRuntime: ',
  'F DEBUG   : ',
  'A DEBUG   : ',
  'D Cart[2] view: ',
  'E( 1234) ',
  'E( 1234: 1240) ',
  '11-20 08:15:30.123  1234  1234 E AndroidRuntime: ',
  '11-20 08:15:30.123456  1234  1234 E AndroidRuntime: ',
  '2026-11-20 08:15:30.123  1234  1234 E AndroidRuntime: ',
  '11-20 08:15:30.123 u0_a123  1234  1234 E AndroidRuntime: ',
  '11-20 08:15:30.123 E/AndroidRuntime( 1234): ',
  '2026-11-20 08:15:30.123 1234-1234/com.shop E/AndroidRuntime: ',
  '2026-11-20 08:15:30.123  1234-1234  AndroidRuntime  com.shop  E  ',
]) {
  test(`takes off ${JSON.stringify(prefix)}`, () => {
    assert.equal(logcatMessage(prefix + MESSAGE), MESSAGE);
  });
}

test('lines without a prefix are left as they are', () => {
  for (const line of [
    MESSAGE,
    'java.lang.Error: x',
    'A problem with two words: x',
    'I am here: you are there',
    'Error: E',
    'DALVIK THREADS (12):',
    '2026 was: a year',
    '11-20 08:15:30.123',
    'E',
    'E/',
    '',
    '    ',
  ]) {
    assert.equal(logcatMessage(line), line);
  }
});
