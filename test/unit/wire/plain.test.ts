import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toPlain } from '../../../src/wire/plain.ts';

describe('toPlain', () => {
  it('plain data comes back equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(JSON.stringify(toPlain(value, 'it', 10_000)), JSON.stringify(value));
      }),
    );
  });

  it('dates become text, undefined properties are left out', () => {
    const value = { at: new Date(0), gone: undefined, list: [undefined] };

    assert.deepEqual(toPlain(value, 'it', 100), { at: '1970-01-01T00:00:00.000Z', list: [null] });
  });

  it('what cannot be said is refused, with its place', () => {
    const rows: readonly (readonly [unknown, RegExp])[] = [
      [{ a: [{ b: () => 1 }] }, /^it\.a\[0\]\.b is a function$/],
      [{ a: 1n }, /^it\.a is a bigint$/],
      [{ a: Number.NaN }, /^it\.a is NaN$/],
      [{ a: Symbol('x') }, /^it\.a is a symbol$/],
      [{ a: new Map() }, /^it\.a is an instance of a class$/],
      [{ a: new Uint8Array(3) }, /^it\.a is an instance of a class$/],
      [{ a: new Date(Number.NaN) }, /^it\.a is an invalid date$/],
    ];

    for (const [value, message] of rows)
      assert.throws(() => toPlain(value, 'it', 100), { name: 'TypeError', message });
  });

  it('a cycle ends', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);

    assert.throws(() => toPlain(cycle, 'it', 100_000), /or is a cycle/);
  });

  it('a small graph that unfolds into a huge tree ends at the limit of values', () => {
    let value: unknown = 1;
    for (let level = 0; level < 40; level += 1) value = [value, value];

    assert.throws(() => toPlain(value, 'it', 10_000), RangeError);
  });

  it('a __proto__ key stays a key', () => {
    const plain = toPlain(JSON.parse('{"__proto__":{"x":1}}'), 'it', 10) as object;

    assert.deepEqual(Object.keys(plain), ['__proto__']);
    assert.equal('x' in plain, false);
  });
});
