import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  clip,
  displayWidth,
  formatAmount,
  formatBytes,
  formatDuration,
  formatRate,
  formatTable,
  printable,
  wrapText,
} from '../../../src/cli/format.ts';

test('sizes are told in binary units with one digit behind the point', () => {
  const sizes = [0, 640, 1023, 1024, 1_468_006, 10 * 1024 ** 3, 300 * 1024 ** 2].map(formatBytes);

  assert.deepEqual(sizes, ['0 B', '640 B', '1,023 B', '1.0 KiB', '1.4 MiB', '10.0 GiB', '300 MiB']);
});

test('durations are told in the unit that fits', () => {
  const durations = [0.4123, 12.3, 999, 3_210, 59_949, 245_000, 7_380_000].map(formatDuration);

  assert.deepEqual(durations, ['412 µs', '12 ms', '999 ms', '3.2 s', '59.9 s', '4 min 5 s', '2 h 3 min']);
});

test('amounts agree in number', () => {
  assert.equal(formatAmount(1, 'event'), '1 event');
  assert.equal(formatAmount(1_234, 'delivery', 'deliveries'), '1,234 deliveries');
  assert.equal(formatRate(0.523), '0.523/s');
  assert.equal(formatRate(12_345.6), '12,346/s');
});

test('columns of a table are aligned and lines have no trailing blanks', () => {
  const lines = formatTable(
    [{ title: 'TOPIC' }, { title: 'RECORDS', align: 'right' }, { title: 'NOTE' }],
    [
      ['app-crash', '12', ''],
      ['lag', '1,234,567', 'x'],
    ],
  );

  assert.deepEqual(lines, ['TOPIC        RECORDS  NOTE', 'app-crash         12', 'lag        1,234,567  x']);
});

test('colour codes take no columns', () => {
  assert.equal(displayWidth('\u001b[31mred\u001b[39m'), 3);
});

test('no text from outside puts a control character on the terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(printable(text), /[\p{Cc}\p{Bidi_Control}]/u);
    }),
  );
  assert.equal(printable('a\u001b[2Jb\n'), 'a␛[2Jb␊');
});

test('a clipped text is never longer than asked for', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      assert.ok([...clip(text, width)].length <= width);
    }),
  );
});

test('wrapping loses no word', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,12}$/)),
      fc.integer({ min: 1, max: 40 }),
      (words, width) => {
        const lines = wrapText(words.join(' '), width);

        assert.deepEqual(lines.join(' ').split(' '), words.length === 0 ? [''] : words);
        assert.ok(lines.every((line) => line.length <= width || !line.includes(' ')));
      },
    ),
  );
});
