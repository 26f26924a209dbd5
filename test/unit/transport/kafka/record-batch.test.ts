import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32c } from '../../../../src/transport/kafka/crc32c.ts';
import { splitBatches } from '../../../../src/transport/kafka/protocol/batch.ts';
import { decodeRecords } from '../../../../src/transport/kafka/protocol/records.ts';
import type { BatchRecord } from '../../../../src/transport/kafka/record-batch.ts';
import { encodeBatch, recordBytesBound } from '../../../../src/transport/kafka/record-batch.ts';
import { content } from '../../../contract/records.ts';

const HEAD = {
  session: { id: 7, epoch: 3 },
  baseSequence: 11,
  isTransactional: false,
  compression: 'none',
} as const;

const bytes = fc.uint8Array({ maxLength: 300 });
const record: fc.Arbitrary<BatchRecord> = fc.record({
  key: fc.option(bytes),
  value: bytes,
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 80 }), bytes), { maxLength: 4 }),
  timestampMs: fc.oneof(fc.nat(), fc.integer({ min: -1, max: 2 ** 45 })),
});

test('what is written is read back: keys, values, headers in their order, times', async () => {
  const compression = fc.constantFrom('none', 'gzip', 'snappy', 'lz4', 'zstd');
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 20 }),
      compression,
      async (records, packed) => {
        const batch = await encodeBatch(records, { ...HEAD, compression: packed });

        const [read, ...others] = splitBatches(batch, []).batches;
        assert.ok(read !== undefined && others.length === 0);
        const decoded = decodeRecords(read, { topic: 't', partition: 0 }, 0);
        assert.deepEqual(decoded.map(content), records.map(content));
        assert.deepEqual(
          decoded.map(({ offset }) => offset),
          records.map((_, i) => i),
        );
      },
    ),
  );
});

test('the header has what brokers check: length, checksum, counts, times, who wrote it', async () => {
  const at = (timestampMs: number): BatchRecord => ({
    key: null,
    value: Buffer.from('v'),
    headers: [],
    timestampMs,
  });

  const batch = await encodeBatch([at(500), at(900), at(100)], {
    ...HEAD,
    isTransactional: true,
    compression: 'zstd',
  });

  assert.equal(batch.readInt32BE(8), batch.length - 12);
  assert.equal(batch.readInt8(16), 2);
  assert.equal(batch.readUInt32BE(17), crc32c(batch.subarray(21)));
  assert.equal(batch.readInt16BE(21), 0x10 | 4);
  assert.equal(batch.readInt32BE(23), 2);
  assert.deepEqual([batch.readBigInt64BE(27), batch.readBigInt64BE(35)], [500n, 900n]);
  assert.deepEqual([batch.readBigInt64BE(43), batch.readInt16BE(51)], [7n, 3]);
  assert.deepEqual([batch.readInt32BE(53), batch.readInt32BE(57)], [11, 3]);
});

test('the bound of a record is one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 5 }), async (records) => {
      const batch = await encodeBatch(records, HEAD);

      const bound = records.reduce((sum, each) => sum + recordBytesBound(each), 0);
      assert.ok(batch.length - 61 <= bound, `${batch.length - 61} of at most ${bound}`);
    }),
  );
});

test('more names of headers than are remembered are still written right', async () => {
  const headers = Array.from({ length: 3000 }, (_, i) => [`name-${i}`, Buffer.from(String(i))] as const);

  const batch = await encodeBatch([{ key: null, value: Buffer.alloc(0), headers, timestampMs: 0 }], HEAD);

  const [read] = splitBatches(batch, []).batches;
  assert.ok(read !== undefined);
  const [decoded] = decodeRecords(read, { topic: 't', partition: 0 }, 0);
  assert.deepEqual(
    decoded?.headers.map(([name, value]) => [name, String(value)]),
    headers.map(([name, value]) => [name, String(value)]),
  );
});
