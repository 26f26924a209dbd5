import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readLines } from '../../../src/load/lines.ts';

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function linesOf(
  text: string,
  size: number,
  lineBytesMax: number,
): Promise<readonly (string | null)[]> {
  const lines = [];
  for await (const { bytes } of readLines(cut(Buffer.from(text), size), lineBytesMax)) {
    lines.push(bytes === null ? null : Buffer.from(bytes).toString());
  }
  return lines;
}

test('lines are the same however the stream is cut', async () => {
  const text = fc
    .array(fc.string({ maxLength: 8 }).map((line) => line.replaceAll('\n', '')))
    .map((all) => all.join('\n'));
  const property = fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (whole, size) => {
    const lines = await linesOf(whole, size, 1000);
    assert.deepEqual(
      lines,
      whole
        .replace(/\n$/, '')
        .split('\n')
        .slice(0, whole === '' ? 0 : undefined),
    );
  });

  await fc.assert(property);
});

test('a line over the limit is told of and does not harm its neighbours', async () => {
  const lines = await linesOf('one\ntoo long a line\ntwo', 3, 5);

  assert.deepEqual(lines, ['one', null, 'two']);
});

test('a line of exactly the limit is taken', async () => {
  assert.deepEqual(await linesOf('12345\n123456\n', 4, 5), ['12345', null]);
});
