import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Circuit } from '../../../src/engine/circuit.ts';

const NEVER = { deadLetterPercentMax: 0, window: 10, consecutiveMax: 0 };

/** Feeds results, `x` for given up; returns at which of them the circuit says stop. */
function opens(circuit: Circuit, results: string): number[] {
  return [...results].flatMap((result, i) => {
    if (result !== 'x') circuit.good();
    return result === 'x' && circuit.bad() !== null ? [i] : [];
  });
}

test('a run longer than the limit opens it, one good delivery in between does not let it', () => {
  assert.deepEqual(opens(new Circuit({ ...NEVER, consecutiveMax: 3 }), 'xxx.xxx.xxxx'), [11]);
});

test('a share above the limit opens it, but not before the window is full', () => {
  const policy = { ...NEVER, deadLetterPercentMax: 50, window: 4 };

  assert.deepEqual(opens(new Circuit(policy), 'xxx'), []);
  assert.deepEqual(opens(new Circuit(policy), 'xx..'), []);
  assert.deepEqual(opens(new Circuit(policy), '..xxx'), [4]);
});

test('zero means never, for each limit on its own', () => {
  assert.deepEqual(opens(new Circuit(NEVER), 'x'.repeat(1000)), []);
});

test('it says why, with the figures and the name of the limit', () => {
  const byRun = new Circuit({ ...NEVER, consecutiveMax: 1 });
  const byShare = new Circuit({ ...NEVER, deadLetterPercentMax: 50, window: 2 });
  const verdicts = [byRun, byShare].map((circuit) => [circuit.bad(), circuit.bad()]);

  assert.deepEqual(verdicts, [
    [null, '2 deliveries in a row were given up, circuit.consecutiveMax is 1'],
    [null, '2 of the last 2 deliveries were given up, circuit.deadLetterPercentMax is 50'],
  ]);
});

test('it agrees with a naive window over any results', () => {
  const policy = fc.record({
    deadLetterPercentMax: fc.integer({ min: 0, max: 100 }),
    window: fc.integer({ min: 1, max: 20 }),
    consecutiveMax: fc.nat(6),
  });
  fc.assert(
    fc.property(policy, fc.array(fc.boolean(), { maxLength: 80 }), (limits, results) => {
      const circuit = new Circuit(limits);
      const { deadLetterPercentMax: percent, window, consecutiveMax } = limits;
      results.forEach((good, i) => {
        const seen = results.slice(0, i + 1);
        const last = seen.slice(-window);
        const bad = last.filter((one) => !one).length;
        const run = seen.length - 1 - seen.lastIndexOf(true);
        const byRun = consecutiveMax > 0 && run > consecutiveMax;
        const byShare = percent > 0 && last.length === window && bad / window > percent / 100;

        if (good) circuit.good();
        else assert.equal(circuit.bad() !== null, byRun || byShare);
      });
    }),
  );
});
