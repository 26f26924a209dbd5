import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median } from '../../../../bench/report/format.ts';
import { barsTable, missedText, tableText } from '../../../../bench/report/text.ts';

test('columns are as wide as their widest cell, numbers stand to the right', () => {
  const text = tableText({
    title: 'T',
    note: 'N.',
    head: ['name', 'n'],
    rows: [
      ['a', '1.5 ×'],
      ['long name', '10,000'],
    ],
  });

  assert.equal(
    text,
    ['', 'T', 'N.', '', 'name       n', '---------  ------', 'a           1.5 ×', 'long name  10,000'].join(
      '\n',
    ),
  );
});

test('every bar stands beside what was measured, and the missed ones are named', () => {
  const bars = [
    { what: 'fast', wanted: '≥ 2 ×', measured: '3 ×', isMet: true },
    { what: 'small', wanted: '≤ 1 MiB', measured: '2 MiB', isMet: false },
  ];

  assert.deepEqual(barsTable(bars).rows, [
    ['fast', '≥ 2 ×', '3 ×', 'yes'],
    ['small', '≤ 1 MiB', '2 MiB', 'no'],
  ]);
  assert.equal(missedText(bars), 'Missed, 1 of 2: small.');
  assert.equal(missedText(bars.slice(0, 1)), 'All 1 bars are met.');
});

test('the median is the middle one, or the mean of the two', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.throws(() => median([]), RangeError);
});
