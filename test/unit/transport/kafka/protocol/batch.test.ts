import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitBatches } from '../../../../../src/transport/kafka/protocol/batch.ts';
import { numbered } from '../../../../contract/records.ts';
import { batchBytes, marker } from '../../../../helpers/kafka-batches.ts';

const ofProducer = (producer: number, baseOffset: number): Buffer =>
  batchBytes({ baseOffset, records: numbered(2), producer, isTransactional: true });

function bases(bytes: Buffer, aborted: { producer: number; firstOffset: number }[] = []): number[] {
  return splitBatches(bytes, aborted).batches.map(({ baseOffset }) => baseOffset);
}

test('batches are split, and one that is cut off is not there yet', () => {
  const whole = Buffer.concat([
    batchBytes({ baseOffset: 5, records: numbered(3) }),
    batchBytes({ baseOffset: 8, records: numbered(2) }),
  ]);
  const first = batchBytes({ baseOffset: 5, records: numbered(3) }).length;

  for (let length = 0; length <= whole.length; length += 1) {
    const { batches, next, unreadable } = splitBatches(whole.subarray(0, length), []);
    const count = length < first ? 0 : length < whole.length ? 1 : 2;
    assert.equal(batches.length, count);
    assert.equal(next, [null, 8, 10][count]);
    assert.equal(unreadable, null);
  }
});

test('reading goes on behind what compaction has taken', () => {
  const { next } = splitBatches(batchBytes({ baseOffset: 5, records: numbered(1), lastOffset: 99 }), []);

  assert.equal(next, 100);
});

test('markers are left out, and so are the records of an aborted transaction up to its marker', () => {
  const bytes = Buffer.concat([
    ofProducer(1, 0),
    ofProducer(2, 2),
    marker('abort', { producer: 1, offset: 4 }),
    ofProducer(1, 5),
    marker('commit', { producer: 2, offset: 7 }),
    marker('commit', { producer: 1, offset: 8 }),
    batchBytes({ baseOffset: 9, records: numbered(1) }),
  ]);

  assert.deepEqual(bases(bytes, [{ producer: 1, firstOffset: 0 }]), [2, 5, 9]);
  assert.deepEqual(bases(bytes), [0, 2, 5, 9]);
  assert.equal(splitBatches(bytes, []).next, 10);
});

test('a producer that aborts twice is left out twice', () => {
  const bytes = Buffer.concat([
    ofProducer(1, 0),
    marker('abort', { producer: 1, offset: 2 }),
    ofProducer(1, 3),
    marker('abort', { producer: 1, offset: 5 }),
    ofProducer(1, 6),
  ]);
  const aborted = [
    { producer: 1, firstOffset: 3 },
    { producer: 1, firstOffset: 0 },
  ];

  assert.deepEqual(bases(bytes, aborted), [6]);
});

test('an old format, or a length that none has, is named with what stands before it', () => {
  const good = batchBytes({ baseOffset: 5, records: numbered(3) });
  const old = batchBytes({ baseOffset: 8, records: numbered(3), magic: 1 });
  const broken = batchBytes({ baseOffset: 8, records: numbered(3) });
  broken.writeInt32BE(10, 8);

  for (const [bytes, words] of [
    [old, /format.* 1/],
    [broken, /length is 22/],
  ] as const) {
    const { batches, next, unreadable } = splitBatches(Buffer.concat([good, bytes]), []);
    assert.deepEqual([batches.length, next], [1, 8]);
    assert.match(unreadable ?? '', words);
  }
});

test('any bytes are split or named', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      splitBatches(Buffer.from(bytes), []);
    }),
  );
});
