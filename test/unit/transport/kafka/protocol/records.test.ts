import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Delivery } from '../../../../../src/model/delivery.ts';
import { EngineError } from '../../../../../src/model/errors.ts';
import { splitBatches } from '../../../../../src/transport/kafka/protocol/batch.ts';
import { decodeRecords } from '../../../../../src/transport/kafka/protocol/records.ts';
import type { ContractRecord } from '../../../../contract/records.ts';
import { AWKWARD, content, numbered } from '../../../../contract/records.ts';
import type { BatchPlan } from '../../../../helpers/kafka-batches.ts';
import { batchBytes } from '../../../../helpers/kafka-batches.ts';

const PLACE = { topic: 't', partition: 3 };

function decode(bytes: Buffer, from = 0): Delivery[] {
  const { batches } = splitBatches(bytes, [], { checkCrc: false });
  return batches.flatMap((batch) => decodeRecords(batch, PLACE, from));
}

const bytes = fc.uint8Array({ maxLength: 300 });
const record: fc.Arbitrary<ContractRecord> = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), bytes), { maxLength: 4 }),
  timestampMs: fc.integer({ min: -1, max: 2 ** 45 }),
});

test('records come back as they were, compressed or not', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), fc.boolean(), (records, isPacked) => {
      const plan: BatchPlan = { records, ...(isPacked ? { codec: [1, gzipSync] } : {}) };

      assert.deepEqual(decode(batchBytes(plan)).map(content), records.map(content));
    }),
  );
});

test('places, gaps and the first offset that is wanted', () => {
  const records = [3, 4, 9].map((offset) => ({ ...numbered(1)[0], ...AWKWARD[0], offset }) as never);
  const batch = batchBytes({ baseOffset: 2, records, lastOffset: 20 });

  const all = decode(batch);
  assert.deepEqual(
    all.map(({ offset }) => offset),
    [3, 4, 9],
  );
  assert.ok(all.every(({ topic, partition }) => topic === 't' && partition === 3));
  assert.deepEqual(
    decode(batch, 4).map(({ offset }) => offset),
    [4, 9],
  );
  assert.deepEqual(decode(batch, 10), []);
});

test('offsets beyond 32 bits are exact', () => {
  const [delivery] = decode(batchBytes({ baseOffset: 2 ** 45 + 1, records: numbered(1) }));

  assert.equal(delivery?.offset, 2 ** 45 + 1);
});

test('where the broker says when, all records have its time', () => {
  const times = decode(batchBytes({ records: numbered(3), appendedMs: 77 })).map(
    ({ timestampMs }) => timestampMs,
  );

  assert.deepEqual(times, [77, 77, 77]);
});

test('keys and values are views of the batch, not copies', () => {
  const batch = batchBytes({ records: numbered(1) });

  assert.equal(decode(batch)[0]?.value?.buffer, batch.buffer);
});

test('whatever byte is damaged, decoding gives records or throws a RangeError or a coded error, and ends', () => {
  const batch = batchBytes({ records: AWKWARD });
  fc.assert(
    fc.property(
      fc.nat({ max: batch.length - 62 }),
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      (at, damage) => {
        const damaged = Buffer.from(batch);
        damaged.set(damage.subarray(0, damaged.length - 61 - at), 61 + at);
        try {
          decode(damaged);
        } catch (error) {
          assert.ok(error instanceof RangeError || error instanceof EngineError, String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('an unknown codec is a coded error', () => {
  const batch = batchBytes({ records: numbered(1), codec: [7, (packed) => packed] });

  assert.throws(() => decode(batch), { code: 'E_KAFKA_CODEC' });
});

test('records that are not counted, or not where their batch says, are an error and not passed over', () => {
  const fewer = batchBytes({ records: numbered(3) });
  fewer.writeInt32BE(1, 57);
  const beyond = [0, 4].map((offset) => ({ ...AWKWARD[0], offset }) as never);
  const twice = [0, 0].map((offset) => ({ ...AWKWARD[0], offset }) as never);

  assert.throws(() => decode(fewer), /bytes are left behind the last record/);
  assert.throws(() => decode(batchBytes({ records: beyond, lastOffset: 3 })), /offset 4, between 0 and 4/);
  assert.throws(() => decode(batchBytes({ records: twice, lastOffset: 3 })), /offset 0, between 0 and 4/);
});
