import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pack, Packr } from 'msgpackr';
import { packMsgpack, unpackForeignMsgpack } from '../../../src/wire/msgpack.ts';

function array32(claimed: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = 0xdd;
  bytes.writeUInt32BE(claimed, 1);
  return bytes;
}

describe('foreign msgpack', () => {
  it('any JSON value survives', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const copy = unpackForeignMsgpack(packMsgpack(value));

        assert.deepEqual(
          JSON.stringify(copy),
          JSON.stringify(value).replaceAll('"__proto__":', '"__proto_":'),
        );
      }),
    );
  });

  it('an array that claims more than its bytes is refused before it is allocated', () => {
    assert.throws(() => unpackForeignMsgpack(array32(4_000_000_000)), RangeError);
    assert.throws(() => unpackForeignMsgpack(array32(30_000_000)), RangeError);
  });

  it('nesting past the limit is refused', () => {
    assert.throws(() => unpackForeignMsgpack(Buffer.alloc(100_000, 0x91)), /nests too deep/);
  });

  it('the extensions of the decoder are not reached: records, references, sets, errors', () => {
    const records = new Packr({ useRecords: true }).pack({ a: 1, b: 2 });
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const structured = new Packr({ structuredClone: true, useRecords: false });

    assert.throws(() => unpackForeignMsgpack(records), TypeError);
    assert.throws(() => unpackForeignMsgpack(structured.pack(cycle)), TypeError);
    assert.throws(() => unpackForeignMsgpack(structured.pack(new Set([1]))), TypeError);
    assert.throws(() => unpackForeignMsgpack(structured.pack(new Error('x'))), TypeError);
  });

  it('bytes behind the value are refused', () => {
    assert.throws(() => unpackForeignMsgpack(Buffer.concat([pack({}), Buffer.from([1])])), /behind its end/);
  });

  it('timestamps of all three lengths pass', () => {
    const dates = [new Date(1_000_000_000_000), new Date(1_000_000_000_123), new Date(-1)];

    assert.deepEqual(
      dates.map((date) => unpackForeignMsgpack(packMsgpack(date))),
      dates,
    );
  });
});
