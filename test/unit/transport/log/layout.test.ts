import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  EMPTY_TAIL,
  baseOfIndexKey,
  blockKey,
  decodeEntry,
  decodeTail,
  encodeEntry,
  encodeTail,
  indexKey,
  isIndexKeyOf,
} from '../../../../src/transport/log/layout.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const offset = fc.maxSafeNat();
const place = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), offset);

test('index keys are in the order of topic, partition, offset', () => {
  const property = fc.property(place, place, (one, two) => {
    const byNumber = one[0] - two[0] || one[1] - two[1] || one[2] - two[2];

    assert.equal(Math.sign(Buffer.compare(indexKey(...one), indexKey(...two))), Math.sign(byNumber));
  });

  fc.assert(property);
});

test('an index key gives its offset back and knows its partition', () => {
  const property = fc.property(u32, u32, offset, (topic, partition, base) => {
    const key = indexKey(topic, partition, base);

    assert.equal(baseOfIndexKey(key), base);
    assert.ok(isIndexKeyOf(key, topic, partition));
    assert.ok(!isIndexKeyOf(key, topic, (partition + 1) % 2 ** 32));
  });

  fc.assert(property);
});

test('block keys of different writers or sequence numbers differ', () => {
  const property = fc.property(u32, offset, u32, offset, (writerA, a, writerB, b) => {
    const isSame = blockKey(writerA, a).equals(blockKey(writerB, b));

    assert.equal(isSame, writerA === writerB && a === b);
  });

  fc.assert(property);
});

test('index entries and tails come back unchanged', () => {
  const numbers = fc
    .tuple(u32, offset, u32, u32, u32, offset, offset)
    .map(([writer, sequence, records, bytes, crc, lowestMs, highestMs]) => ({
      writer,
      sequence,
      records,
      bytes,
      crc,
      lowestMs,
      highestMs,
    }));
  const property = fc.property(numbers, offset, (entry, next) => {
    assert.deepEqual(decodeEntry(encodeEntry(entry)), entry);
    assert.deepEqual(decodeTail(encodeTail({ next, records: next, bytes: next })), {
      next,
      records: next,
      bytes: next,
    });
  });

  fc.assert(property);
  assert.equal(decodeTail(undefined), EMPTY_TAIL);
});
