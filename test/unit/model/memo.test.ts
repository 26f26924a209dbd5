/** The bounded memory and what keeps it from costing more than it saves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Memo, Thrift } from '../../../src/model/memo.ts';

const key = fc.nat({ max: 12 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ key, weight: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ key }) },
);

/** Spends that are granted in a row, at most so many. */
function spends(thrift: Thrift, most: number): number {
  let granted = 0;
  while (granted < most && thrift.spend()) granted += 1;
  return granted;
}

describe('the memory', () => {
  it('gives what was kept last under a key or nothing, and holds no more than its weight', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 120 }),
        (steps, weightMax) => {
          const memo = new Memo<number, number>(weightMax);
          const last = new Map<number, { readonly value: number; readonly weight: number }>();

          for (const [value, one] of steps.entries()) {
            if ('weight' in one) {
              memo.set(one.key, value, one.weight);
              last.set(one.key, { value, weight: one.weight });
            } else assert.ok([undefined, last.get(one.key)?.value].includes(memo.get(one.key)));
          }

          // A look may drop things and never brings any back, so what is found now was there at once.
          let held = 0;
          for (const [at, { value, weight }] of last) {
            const found = memo.get(at);
            assert.ok(found === undefined || found === value);
            if (found !== undefined) held += weight;
          }
          assert.ok(held <= weightMax, `${held} of ${weightMax}`);
        },
      ),
    );
  });

  it('gives what was just kept, unless that is heavier than half of the whole', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), fc.integer({ min: 1, max: 60 }), (steps, weight) => {
        const memo = new Memo<number, string>(60);
        for (const one of steps) if ('weight' in one) memo.set(one.key, 'other', one.weight);

        memo.set(1, 'it', weight);

        assert.equal(memo.get(1), weight <= 30 ? 'it' : undefined);
      }),
    );
  });

  it('keeps what is asked for after each new thing, however many come', () => {
    const memo = new Memo<number, string>(100);
    memo.set(-1, 'asked for', 30);

    for (let i = 0; i < 1_000; i += 1) {
      memo.set(i, 'new', (i % 50) + 1);
      assert.equal(memo.get(-1), 'asked for');
    }
  });

  it('forgets what is not asked for', () => {
    const memo = new Memo<number, string>(100);
    memo.set(-1, 'not asked for', 30);

    for (let i = 0; i < 4; i += 1) memo.set(i, 'new', 40);

    assert.equal(memo.get(-1), undefined);
  });

  it('counts what is replaced once: the same key again and again drives nothing out', () => {
    const memo = new Memo<string, number>(100);
    memo.set('bystander', 0, 10);

    for (let i = 0; i < 1_000; i += 1) memo.set('busy', i, 30);

    assert.equal(memo.get('bystander'), 0);
    assert.equal(memo.get('busy'), 999);
  });

  it('forgets what a heavier thing replaces, also where that one is too heavy', () => {
    const memo = new Memo<string, number>(100);
    memo.set('a', 1, 10);

    memo.set('a', 2, 51);

    assert.equal(memo.get('a'), undefined);
  });

  it('of no weight keeps nothing', () => {
    const memo = new Memo<string, number>(0);

    memo.set('a', 1, 1);

    assert.equal(memo.get('a'), undefined);
  });
});

describe('thrift', () => {
  it('grants a fixed number of spends, and then none without credit', () => {
    const thrift = new Thrift(32);

    assert.equal(spends(thrift, 10_000), 512);
    assert.equal(thrift.spend(), false);
  });

  it('gives credit back, one for a hit or for as many misses as keeping costs', () => {
    const thrift = new Thrift(32);
    spends(thrift, 10_000);

    thrift.count(true);
    assert.equal(spends(thrift, 10), 1);
    for (let i = 0; i < 31; i += 1) thrift.count(false);
    assert.equal(thrift.spend(), false);
    thrift.count(false);
    assert.equal(spends(thrift, 10), 1);
  });

  it('never saves up more than it began with', () => {
    for (const pay of ['hit', 'miss'] as const) {
      const thrift = new Thrift(32);

      for (let i = 0; i < 20_000; i += 1) thrift.count(pay === 'hit');

      assert.equal(spends(thrift, 30_000), 512);
    }
  });

  it('grants no more than it was paid for, in any order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('hit', 'miss', 'spend'), { maxLength: 300 }),
        fc.integer({ min: 1, max: 64 }),
        (steps, missesPerKept) => {
          const thrift = new Thrift(missesPerKept);
          spends(thrift, 512);
          let paid = 0;
          let granted = 0;

          for (const one of steps) {
            if (one === 'spend') granted += thrift.spend() ? 1 : 0;
            else thrift.count(one === 'hit');
            if (one === 'hit') paid += 1;
            if (one === 'miss') paid += 1 / missesPerKept;
            assert.ok(granted <= paid + 1e-9);
          }

          granted += spends(thrift, 1_000);
          assert.ok(granted > paid - 1 - 1e-9);
        },
      ),
    );
  });
});
