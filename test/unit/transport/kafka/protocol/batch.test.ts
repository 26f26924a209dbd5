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
    assert.match(unreadable?.why ?? '', words);
  }
});

/** What can be damaged, as (batch) => void; the header's numbers are told from each other by their own checks. */
const DAMAGES: readonly (readonly [what: string, damage: (batch: Buffer) => void, words: RegExp])[] = [
  ['a bit of a value', (batch) => batch.writeUInt8(batch.readUInt8(70) ^ 1, 70), /checksum/],
  ['a bit of the checksum', (batch) => batch.writeUInt8(batch.readUInt8(17) ^ 1, 17), /checksum/],
  ['the codec', (batch) => batch.writeInt16BE(7, 21), /checksum/],
  ['a bit that makes it a marker', (batch) => batch.writeInt16BE(32, 21), /checksum/],
  ['fewer records', (batch) => batch.writeInt32BE(-3, 57), /counts -3 records for 3 offsets/],
  ['more records', (batch) => batch.writeInt32BE(4, 57), /counts 4 records for 3 offsets/],
  ['a last offset far on', (batch) => batch.writeInt32BE(2 + 65_536, 23), /checksum/],
  ['a last offset before the first', (batch) => batch.writeInt32BE(-8, 23), /before it begins/],
  ['a first offset far back', (batch) => batch.writeBigInt64BE(2n, 0), /and 8 was asked for/],
];

for (const [what, damage, words] of DAMAGES) {
  test(`a damaged batch (${what}) is named, and fetched from again`, () => {
    const good = batchBytes({ baseOffset: 5, records: numbered(3) });
    const damaged = batchBytes({ baseOffset: 8, records: numbered(3) });
    damage(damaged);

    const isOwn = !words.test('checksum');
    const checks = { from: 5, checkCrc: !isOwn };
    const { batches, next, unreadable } = splitBatches(Buffer.concat([good, damaged]), [], checks);

    assert.deepEqual([batches.length, next], [1, 8]);
    assert.match(unreadable?.why ?? '', words);
  });
}

test('a batch that ends before what was asked for is named: reading never goes back', () => {
  const { next, unreadable } = splitBatches(batchBytes({ baseOffset: 5, records: numbered(3) }), [], {
    from: 8,
  });

  assert.equal(next, null);
  assert.match(unreadable?.why ?? '', /ends at offset 7, and 8 was asked for/);
});

test('whatever bit the checksum is of, one that is turned is seen', () => {
  const good = batchBytes({ records: numbered(3) });
  fc.assert(
    fc.property(fc.nat(good.length - 18), fc.nat(7), (at, bit) => {
      const damaged = Buffer.from(good);
      damaged.writeUInt8(damaged.readUInt8(17 + at) ^ (1 << bit), 17 + at);

      assert.notEqual(splitBatches(damaged, []).unreadable, null);
    }),
  );
});

test('where a batch that cannot be read ends is told only if its header is to be believed', () => {
  const behind = (damage: (batch: Buffer) => void): number | null | undefined => {
    const batch = batchBytes({ baseOffset: 5, records: numbered(3) });
    damage(batch);
    return splitBatches(batch, []).unreadable?.behind;
  };

  assert.equal(
    behind((batch) => batch.writeUInt8(0xff, 70)),
    8,
  );
  assert.equal(
    behind((batch) => batch.writeInt32BE(2 + 65_536, 23)),
    null,
  );
  assert.equal(
    behind((batch) => batch.writeInt32BE(1, 57)),
    null,
  );
  assert.equal(
    behind((batch) => batch.writeInt8(1, 16)),
    null,
  );
});

test('any bytes are split or named', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      splitBatches(Buffer.from(bytes), [], { checkCrc: false });
    }),
  );
});
