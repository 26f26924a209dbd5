import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from '../../../../src/transport/kafka/crc32c.ts';

test('the check value and the test vectors of RFC 3720 come out', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  assert.equal(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), 0x46dd794e);
});

test('it is what one bit at a time gives, wherever the bytes begin and end', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(20),
      fc.nat(20),
      (bytes, start, cut) => {
        const end = Math.max(start, bytes.length - cut);
        const part = bytes.subarray(start, end);

        assert.equal(
          crc32c(bytes, Math.min(start, bytes.length), Math.min(end, bytes.length)),
          bitwise(part),
        );
      },
    ),
  );
});

function bitwise(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
