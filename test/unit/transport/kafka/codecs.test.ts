import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import * as snappy from 'snappy';
import {
  CODECS,
  compress,
  DECOMPRESSED_BYTES_MAX,
  decompress,
} from '../../../../src/transport/kafka/codecs.ts';

const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

test('what is compressed comes back', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 5000 }),
    fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.nat(5000)).map(([seed, times]) => repeated(seed, times)),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...COMPRESSIONS), bytes, async (compression, given) => {
      const packed = await compress(compression, Buffer.from(given));

      assert.deepEqual(decompress(CODECS[compression], packed), Buffer.from(given));
    }),
  );
});

test('several megabytes of each compression come back', async () => {
  const given = Buffer.from(
    Array.from({ length: 60_000 }, (_, i) => `record ${i} and what it says; `).join(''),
  );

  for (const compression of COMPRESSIONS)
    assert.ok(decompress(CODECS[compression], await compress(compression, given)).equals(given), compression);
});

test('snappy is read with the framing of Java and without', async () => {
  const given = Buffer.from('some text, some text');
  const framed = await compress('snappy', given);

  assert.equal(framed.subarray(1, 7).toString(), 'SNAPPY');
  assert.deepEqual(decompress(CODECS.snappy, framed), given);
  assert.deepEqual(decompress(CODECS.snappy, snappy.compressSync(given)), given);
});

test('snappy in several frames is one batch', async () => {
  const [first, second] = [Buffer.from('first '), Buffer.from('second')];
  const framed = await compress('snappy', first);
  const block = snappy.compressSync(second);
  const length = Buffer.alloc(4);
  length.writeInt32BE(block.length);

  const decoded = decompress(CODECS.snappy, Buffer.concat([framed, length, block]));

  assert.equal(decoded.toString(), 'first second');
});

test('a number that is no codec is a coded error', () => {
  for (const codec of [5, 6, 7])
    assert.throws(() => decompress(codec, Buffer.alloc(3)), { code: 'E_KAFKA_CODEC', retriable: false });
});

test('rubbish is a coded error, or something; never another error', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 2, 3, 4), fc.uint8Array({ maxLength: 200 }), (codec, bytes) => {
      try {
        decompress(codec, Buffer.from(bytes));
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'E_KAFKA_CODEC');
      }
    }),
  );
});

test('what was compressed and cut off or changed is a coded error, or something; never another error', async () => {
  const all = await Promise.all(
    COMPRESSIONS.slice(1).map((each) => compress(each, Buffer.from('text '.repeat(99)))),
  );
  fc.assert(
    fc.property(fc.nat(3), fc.nat(200), fc.nat(255), fc.boolean(), (which, at, byte, isCut) => {
      const packed = Buffer.from(all[which] ?? []);
      if (!isCut && at < packed.length) packed[at] = byte;
      try {
        decompress(which + 1, isCut ? packed.subarray(0, at) : packed);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'E_KAFKA_CODEC');
      }
    }),
  );
});

test('what would grow past the limit is refused', () => {
  const bomb = Buffer.alloc(DECOMPRESSED_BYTES_MAX + 1);
  const block = Buffer.from([1, 0, 0, 0, 0]);
  const blocksOf4MiB = [
    Buffer.from('04224d18607000', 'hex'),
    ...new Array<Buffer>(33).fill(block),
    Buffer.alloc(4),
  ];

  assert.throws(() => decompress(CODECS.gzip, gzipSync(bomb, { level: 1 })), REFUSED);
  assert.throws(() => decompress(CODECS.snappy, Buffer.from('ffffffff0f', 'hex')), REFUSED);
  assert.throws(() => decompress(CODECS.lz4, Buffer.concat(blocksOf4MiB)), {
    ...REFUSED,
    message: /more than/,
  });
  assert.throws(() => decompress(CODECS.zstd, zstdCompressSync(bomb)), REFUSED);
});

const REFUSED = { code: 'E_KAFKA_CODEC', retriable: false };

function repeated(seed: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(new Array<Uint8Array>(Math.ceil(times / 20)).fill(seed));
}
