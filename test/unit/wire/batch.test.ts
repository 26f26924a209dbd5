import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Batch } from '../../../src/model/batch.ts';
import { NO_HEADERS } from '../../../src/model/delivery.ts';
import { packBatch, unpackBatch } from '../../../src/wire/batch.ts';
import { HEADERS_OF_ENCODING } from '../../../src/wire/event.ts';
import { batchOf, delivery } from '../../helpers/batches.ts';

const fresh = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);
const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));

const PLAIN = { noNullPrototype: true };
const anyDelivery = fc.record(
  {
    topic: fc.string({ unit: 'binary', maxLength: 10 }),
    partition: fc.nat(),
    offset: fc.maxSafeNat(),
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.constantFrom(...Object.values(HEADERS_OF_ENCODING)),
    timestampMs: fc.maxSafeInteger(),
  },
  PLAIN,
);
const anyItem = fc.record(
  {
    task: fc.nat(100),
    attempt: fc.nat(100),
    order: fc.integer({ min: -1, max: 2 ** 53 - 1 }),
    delivery: anyDelivery,
  },
  PLAIN,
);
const anyBatch: fc.Arbitrary<Batch> = fc.record(
  { id: fc.maxSafeNat(), items: fc.array(anyItem, { maxLength: 20 }) },
  PLAIN,
);

function withoutKeys({ id, items }: Batch): Batch {
  return { id, items: items.map((item) => ({ ...item, delivery: { ...item.delivery, key: null } })) };
}

describe('a batch on its way to a worker', () => {
  it('comes out as it went in, without its keys', () => {
    fc.assert(
      fc.property(anyBatch, (batch) => {
        assert.deepEqual(unpackBatch(packBatch(batch, fresh)), withoutKeys(batch));
      }),
    );
  });

  it('comes out as it went in from a larger buffer that was used before', () => {
    const dirty = new Uint8Array(4_096).fill(0xff).buffer;
    const batch = batchOf(['{"a":1}', null, '']);

    assert.deepEqual(unpackBatch(packBatch(batch, () => dirty)), withoutKeys(batch));
  });

  it('of the headers only the content type crosses, whatever its spelling', () => {
    const sent = [
      [['traceparent', Buffer.from('00-1')] as const],
      [['Content-Type', Buffer.from('application/json; charset=utf-8')] as const],
      [['x', Buffer.from('')] as const, ['content-type', Buffer.from('application/vnd.msgpack')] as const],
    ];
    const items = sent.map((headers) => ({
      delivery: delivery({ headers }),
      task: 0,
      attempt: 1,
      order: -1,
    }));

    const copy = unpackBatch(packBatch({ id: 1, items }, fresh));

    assert.deepEqual(
      copy.items.map((item) => item.delivery.headers),
      [NO_HEADERS, HEADERS_OF_ENCODING.json, HEADERS_OF_ENCODING.msgpack],
    );
  });

  it('values are views of the buffer, not copies', () => {
    const buffer = packBatch(batchOf(['{"a":1}']), fresh);

    assert.equal(unpackBatch(buffer).items[0]?.delivery.value?.buffer, buffer);
  });
});
