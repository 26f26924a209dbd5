import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { EngineError } from '../../../../src/model/errors.ts';
import type { BlockRecord } from '../../../../src/transport/log/block.ts';
import {
  BLOCK_HEADER_BYTES,
  decodeBlock,
  encodeBlock,
  packedBytes,
} from '../../../../src/transport/log/block.ts';
import { content } from '../../../contract/records.ts';

const PLACE = { topic: 'crashes', partition: 3, base: 4_294_967_300 };

const bytes = fc.uint8Array({ maxLength: 30 });
const record: fc.Arbitrary<BlockRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), bytes), { maxLength: 3 }),
  timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 12 });

function encoded(from: readonly BlockRecord[]): Buffer {
  const target = Buffer.alloc(
    BLOCK_HEADER_BYTES + from.reduce((sum, each) => sum + packedBytes(each), 0),
    0xee,
  );
  const summary = encodeBlock(from, target);
  assert.equal(summary.bytes, target.length);
  return target;
}

test('what is packed comes back unchanged, with rising offsets from the base', () => {
  const property = fc.property(records, (from) => {
    const deliveries = decodeBlock(encoded(from), PLACE);

    assert.deepEqual(deliveries.map(content), from.map(content));
    deliveries.forEach(({ topic, partition, offset }, i) => {
      assert.deepEqual(
        { topic, partition, offset },
        { topic: 'crashes', partition: 3, offset: PLACE.base + i },
      );
    });
  });

  fc.assert(property);
});

test('the summary has the count, the checksum and the range of the timestamps', () => {
  const from = [30, 10, 20].map((timestampMs) => ({ key: null, value: null, headers: [], timestampMs }));
  const target = Buffer.alloc(BLOCK_HEADER_BYTES + from.reduce((sum, each) => sum + packedBytes(each), 0));

  const { records: count, lowestMs, highestMs, crc } = encodeBlock(from, target);

  assert.deepEqual({ count, lowestMs, highestMs }, { count: 3, lowestMs: 10, highestMs: 30 });
  assert.equal(crc, crc32(target.subarray(8)));
});

test('any changed byte is E_LOG_CORRUPT, naming the place, and nothing else', () => {
  const property = fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (from, at, change) => {
    const block = encoded(from);
    const index = at % block.length;
    block[index] = (block[index] ?? 0) ^ change;

    assert.throws(() => decodeBlock(block, PLACE), {
      code: 'E_LOG_CORRUPT',
      message: /offset 4294967300 of partition 3 of topic crashes/,
    });
  });

  fc.assert(property);
});

test('a block that is cut short, at any byte, is E_LOG_CORRUPT', () => {
  const property = fc.property(records, fc.nat(), (from, at) => {
    const block = encoded(from);

    assert.throws(() => decodeBlock(block.subarray(0, at % block.length), PLACE), { code: 'E_LOG_CORRUPT' });
  });

  fc.assert(property);
});

test('lengths that lie under a right checksum are E_LOG_CORRUPT, never a crash', () => {
  const property = fc.property(records, fc.nat(), fc.integer(), (from, at, lie) => {
    const block = encoded(from);
    const body = block.length - BLOCK_HEADER_BYTES;
    block.writeInt32LE(lie, BLOCK_HEADER_BYTES + (at % (body - 3)));
    block.writeUInt32LE(crc32(block.subarray(8)), 4);

    try {
      decodeBlock(block, PLACE);
    } catch (error) {
      assert.ok(error instanceof EngineError && error.code === 'E_LOG_CORRUPT');
    }
  });

  fc.assert(property);
});
