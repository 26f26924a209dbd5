import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ratioOf } from '../../../bench/compare/ratio.ts';

type Pairs = readonly (readonly [number, number])[];

const value = fc.double({ min: 0.001, max: 1e6, noNaN: true });
const pairsOfValues = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 40 });

test('the interval is that of Student, of the logarithms', () => {
  // Logarithms 0, 0.1, 0.2: mean 0.1, standard deviation 0.1, t of two degrees of freedom 4.303.
  const pairs: Pairs = [0, 0.1, 0.2].map((log) => [1, Math.exp(log)]);

  const { ratio, low, high } = ratioOf(pairs, 'lower');

  const reach = (4.303 * 0.1) / Math.sqrt(3);
  for (const [is, due] of [
    [ratio, 0.1],
    [low, 0.1 - reach],
    [high, 0.1 + reach],
  ] as const)
    assert.ok(Math.abs(Math.log(is) - due) < 1e-9);
});

test('nineteen of twenty intervals hold the true ratio', () => {
  const normal = normals(7);
  let held = 0;
  for (let trial = 0; trial < 2000; trial++) {
    // Noise of a pair is common to both and large; that of each run is small.
    const pairs: Pairs = Array.from({ length: 7 }, () => {
      const common = Math.exp(normal());
      return [common * Math.exp(0.05 * normal()), 1.1 * common * Math.exp(0.05 * normal())];
    });
    const { low, high } = ratioOf(pairs, 'lower');
    if (low <= 1.1 && high >= 1.1) held += 1;
  }

  assert.ok(held > 0.935 * 2000 && held < 0.965 * 2000, String(held));
});

test('A over B is the inverse of B over A', () => {
  fc.assert(
    fc.property(pairsOfValues, (pairs) => {
      const there = ratioOf(pairs, 'lower');
      const back = ratioOf(
        pairs.map(([a, b]) => [b, a]),
        'lower',
      );

      assert.ok(Math.abs(Math.log(there.ratio) + Math.log(back.ratio)) < 1e-9);
      assert.ok(there.low <= there.ratio && there.ratio <= there.high);
      const opposite = { faster: 'slower', slower: 'faster', 'no difference shown': 'no difference shown' };
      assert.equal(back.verdict, opposite[there.verdict]);
    }),
  );
});

test('less CPU is faster, a lower rate is slower', () => {
  const halves: Pairs = [
    [2, 1],
    [2.1, 1],
    [1.9, 1],
  ];

  assert.equal(ratioOf(halves, 'lower').verdict, 'faster');
  assert.equal(ratioOf(halves, 'higher').verdict, 'slower');
});

test('what scatters around 1 shows no difference', () => {
  const pairs: Pairs = [
    [1, 1.3],
    [1.2, 1],
    [1, 0.9],
  ];

  assert.equal(ratioOf(pairs, 'lower').verdict, 'no difference shown');
});

test('one pair is refused', () => {
  assert.throws(() => ratioOf([[1, 2]], 'lower'), RangeError);
});

/** Normal deviates by Box and Muller, of a Lehmer generator. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
