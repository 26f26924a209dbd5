import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBlock } from '../../../../src/transport/log/block.ts';
import { BLOCK_BYTES_MAX, Buffers, Packer } from '../../../../src/transport/log/pack.ts';
import { assertKeyOrder, numbered, numbers, sorted, upTo } from '../../../contract/records.ts';

const TOPIC = { name: 'crashes', id: 7, partitions: 4 };

test('records stay in order within their partition, over as many blocks as it takes', () => {
  const packer = new Packer(0);
  for (const record of numbered(2000, 3))
    packer.add({ topic: TOPIC, record: { ...record, headers: [['pad', Buffer.alloc(1000)]] } });

  const blocks = packer.pack(new Buffers().take(packer.bytes));
  const deliveries = blocks.flatMap(({ packed, partition }) =>
    decodeBlock(packed, { topic: 'crashes', partition, base: 0 }),
  );

  assert.ok(blocks.length > 3 && blocks.every(({ packed }) => packed.length <= BLOCK_BYTES_MAX));
  assert.deepEqual(sorted(numbers(deliveries)), upTo(2000));
  assertKeyOrder(deliveries);
});

test('a record larger than a block has a block of its own', () => {
  const packer = new Packer(0);
  const large = { key: null, value: Buffer.alloc(BLOCK_BYTES_MAX), headers: [], timestampMs: 1 };
  for (const record of [...numbered(1, 1), large, ...numbered(1, 1)])
    packer.add({ topic: TOPIC, record: { ...record, key: null } });

  const blocks = packer.pack(new Buffers().take(packer.bytes));

  assert.deepEqual(
    blocks.map(({ records }) => records),
    [1, 1, 1],
  );
});

test('records without a key share a partition within a transaction, and take turns between them', () => {
  const partitions = upTo(5).map((transaction) => {
    const packer = new Packer(transaction);
    for (const record of numbered(10)) packer.add({ topic: TOPIC, record: { ...record, key: null } });
    return packer.pack(new Buffers().take(packer.bytes)).map(({ partition }) => partition);
  });

  assert.deepEqual(partitions, [[0], [1], [2], [3], [0]]);
});

test('a buffer is used again when it is large enough, and not kept when it is huge', () => {
  const buffers = new Buffers();
  const first = buffers.take(1000);
  buffers.give(first);
  const second = buffers.take(1500);
  const huge = buffers.take(20 * 1024 * 1024);
  buffers.give(huge);

  assert.equal(second, first);
  assert.notEqual(buffers.take(10), huge);
});
