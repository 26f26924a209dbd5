import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../src/load/random.ts';
import { zipfPicker } from '../../../src/load/zipf.ts';

test('numbers stay in [0, 1) and depend on nothing but the seed', () => {
  const property = fc.property(fc.maxSafeNat(), (seed) => {
    const one = seededRandom(seed);
    const two = seededRandom(seed);
    for (let draw = 0; draw < 50; draw += 1) {
      const value = one();
      assert.ok(value >= 0 && value < 1);
      assert.equal(two(), value);
    }
  });

  fc.assert(property);
});

test('seeds that differ only above 32 bits give other numbers', () => {
  assert.notEqual(seededRandom(5)(), seededRandom(5 + 2 ** 32)());
});

test('numbers spread evenly over sixteen bins', () => {
  const random = seededRandom(1);
  const bins = new Uint32Array(16);

  for (let draw = 0; draw < 160_000; draw += 1) {
    const bin = Math.floor(random() * 16);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }

  for (const count of bins) assert.ok(Math.abs(count - 10_000) < 500, String(count));
});

test('a rank is always within the count', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 50 }),
    fc.double({ min: 0, max: 10, noNaN: true }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (count, exponent, chance) => {
      const rank = zipfPicker(count, exponent, () => chance)();
      assert.ok(Number.isInteger(rank) && rank >= 0 && rank < count);
    },
  );

  fc.assert(property);
});
