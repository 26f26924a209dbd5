/** Values in the bytes of JSON, found without parsing it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { firstByte, pastValue, stringEnd, valueBehind, valueOf } from '../../../src/model/json-bytes.ts';

const blanks = fc.constantFrom('', ' ', '\n', '\t \r\n');
/** Strings around the length from which on they are searched in another way, full of what must be escaped. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .array(fc.constantFrom('\\', '"', 'a', 'é', '{', '}', '[', ']', ',', ':'), { maxLength: 130 })
    .map((parts) => parts.join('')),
);
const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  text,
  fc.array(fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }), { maxLength: 3 }),
);
const name = fc.constantFrom('a', 'b', 'name', '');
const entries = fc.array(fc.tuple(fc.oneof(name, text), json), { maxLength: 8 });

function bytesOf(written: string): Uint8Array {
  return new TextEncoder().encode(written);
}

function valueAt(bytes: Uint8Array, start: number): unknown {
  return JSON.parse(Buffer.from(bytes.subarray(start, pastValue(bytes, start))).toString());
}

function written(fields: readonly (readonly [string, unknown])[], blank: string): string {
  const all = fields.map(
    ([field, value]) => `${blank}${JSON.stringify(field)}${blank}:${blank}${JSON.stringify(value)}${blank}`,
  );
  return `{${all.join(',') || blank}}`;
}

describe('values in bytes of JSON', () => {
  it('valueOf finds the first value of a name, whatever stands before it', () => {
    fc.assert(
      fc.property(entries, name, blanks, fc.boolean(), (fields, wanted, blank, mark) => {
        const bytes = bytesOf(`${mark ? '\ufeff' : ''}${blank}${written(fields, blank)}`);

        const start = valueOf(bytes, firstByte(bytes), bytesOf(wanted));

        const expected = fields.find(([field]) => field === wanted);
        if (expected === undefined) assert.equal(start, -1);
        else assert.deepEqual(valueAt(bytes, start), JSON.parse(JSON.stringify(expected[1])));
      }),
    );
  });

  it('pastValue gives the end of a value, whatever follows', () => {
    fc.assert(
      fc.property(json, fc.constantFrom('', ',', '}', ']', ' ,"x"', '\n'), (value, behind) => {
        const bytes = bytesOf(JSON.stringify(value));

        assert.equal(pastValue(bytesOf(`${JSON.stringify(value)}${behind}`), 0), bytes.length);
      }),
    );
  });

  it('what is cut off does not end: never an index behind the bytes', () => {
    fc.assert(
      fc.property(entries, name, fc.nat(), (fields, wanted, cut) => {
        const whole = bytesOf(written(fields, ' '));
        const bytes = whole.subarray(0, cut % whole.length);

        assert.equal(pastValue(bytes, 0), -1);
        const start = valueOf(bytes, 0, bytesOf(wanted));
        assert.ok(start <= bytes.length);
        assert.ok(start < 0 || pastValue(bytes, start) <= bytes.length);
      }),
    );
  });

  it('bytes that are no JSON at all end the search', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const braced = Uint8Array.of(123, ...bytes);

        for (const found of [valueOf(braced, 0, bytesOf('a')), pastValue(braced, 0), stringEnd(braced, 0)]) {
          assert.ok(found >= -1 && found <= braced.length);
        }
      }),
    );
  });

  it('stringEnd passes over escaped quotes, near the begin and far from it', () => {
    for (let length = 90; length <= 110; length += 1) {
      for (const tail of ['', '\\', '"', '\\"', '\\\\', '\\\\"', '"\\']) {
        const quoted = JSON.stringify('x'.repeat(length) + tail);

        assert.equal(stringEnd(bytesOf(`${quoted},"y"`), 0), quoted.length - 1);
      }
    }
  });

  it('valueBehind wants a colon', () => {
    assert.equal(valueBehind(bytesOf(' : 1'), 0), 3);
    assert.equal(valueBehind(bytesOf(' , 1'), 0), -1);
    assert.equal(valueBehind(bytesOf(''), 0), -1);
  });
});
