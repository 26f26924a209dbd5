/** Plain data out of whatever an analyzer returned. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { isPlain, toPlain } from '../../../src/wire/plain.ts';

class Point {
  readonly x = 1;
}

const leaf = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      undefined,
      1n,
      Symbol('s'),
      () => 1,
      new Date(0),
      new Date(Number.NaN),
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Point(),
      new Map(),
      new Uint8Array(2),
      Object('boxed'),
      /x/,
    ),
  },
);

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

/** A copy, or `undefined` where there is none. */
function copyOf(value: unknown, nodesMax: number): unknown {
  try {
    return toPlain(value, 'it', nodesMax);
  } catch {
    return undefined;
  }
}

/** Same values, same names in the same order; `undefined`, which is nothing, is told from what is not there. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b) || a instanceof Date || b instanceof Date) return false;
  const [names, others] = [namesOf(a), namesOf(b)];
  return (
    names.length === others.length &&
    names.every((name, i) => name === others[i] && isSame(Reflect.get(a, name), Reflect.get(b, name)))
  );
}

/** Of a list its indices, holes included. */
function namesOf(value: object): readonly string[] {
  return Array.isArray(value) ? Array.from(value, (_, index) => String(index)) : Object.keys(value);
}

describe('isPlain', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    object: fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '0')),
      tie('tree'),
      {
        maxKeys: 4,
      },
    ),
  }));

  it('is so where a copy would be the same, and only there', () => {
    let plain = 0;
    fc.assert(
      fc.property(tree, fc.nat({ max: 40 }), (value, nodesMax) => {
        const copy = copyOf(value, nodesMax);

        const same = copy !== undefined && isSame(copy, value);
        assert.equal(isPlain(value, nodesMax), same);
        plain += same ? 1 : 0;
      }),
      { numRuns: 2_000 },
    );

    assert.ok(plain > 300 && plain < 1_900, `${plain} were plain`);
  });

  it('holds for as many values as a copy may have', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const most = Array.from({ length: 500 }, (_, nodesMax) => nodesMax).find(
          (nodesMax) => copyOf(value, nodesMax) !== undefined || nodesMax === 499,
        );

        assert.ok(most !== undefined);
        assert.equal(isPlain(value, most), copyOf(value, most) !== undefined);
        assert.equal(isPlain(value, most - 1), false);
      }),
    );
  });

  it('holds as deep as a copy may nest', () => {
    for (let depth = 60; depth < 70; depth += 1) {
      let [list, object]: [unknown, unknown] = [[], {}];
      for (let level = 1; level < depth; level += 1) [list, object] = [[list], { object }];

      for (const value of [list, object])
        assert.equal(isPlain(value, 1_000), copyOf(value, 1_000) !== undefined);
    }
  });

  it('is so for objects of any realm and without prototype, and ends at cycles', () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });

    assert.equal(isPlain(Object.assign(Object.create(null) as object, { a: [1] }), 10), true);
    assert.equal(isPlain(runInNewContext('({ a: [1, { b: null }] })'), 10), true);
    assert.equal(isPlain(cycle, 1_000_000), false);
  });

  it('is not so for what has a way of its own to be written', () => {
    const hidden = Object.defineProperty({ x: 1 }, 'toJSON', { value: () => 'another' });
    const list = Object.assign([1], { toJSON: () => 'another' });
    const heir: unknown = Object.create(
      Object.assign(Object.create(null) as object, { toJSON: () => 'another' }),
    );

    for (const value of [hidden, list, heir]) assert.equal(isPlain({ value }, 10), false);
  });
});
