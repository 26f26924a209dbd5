import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { murmur2, partitionOf } from '../../../src/wire/partitioner.ts';

/** Values of the Java client's own unit test of `Utils.murmur2` (UtilsTest, Apache Kafka). */
const JAVA_CLIENT_VALUES: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test('murmur2 gives what the Java client gives', () => {
  for (const [text, expected] of JAVA_CLIENT_VALUES) {
    const hash = murmur2(Buffer.from(text));

    assert.equal(hash, expected, text);
  }
});

test('a key always has the same partition, within range', () => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 1, max: 1000 }),
    (key, partitions) => {
      const partition = partitionOf(key, partitions);

      assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions);
      assert.equal(partitionOf(Buffer.concat([Buffer.from('x'), key]).subarray(1), partitions), partition);
    },
  );

  fc.assert(property);
});

test('a hash that is negative is made positive by its sign bit, as the Java client does', () => {
  const key = Buffer.from('21');

  assert.equal(partitionOf(key, 1000), (-973932308 & 0x7fffffff) % 1000);
});

test('keys spread over all partitions', () => {
  const seen = new Set<number>();

  for (let i = 0; i < 200; i += 1) seen.add(partitionOf(Buffer.from(`key-${i}`), 8));

  assert.equal(seen.size, 8);
});
