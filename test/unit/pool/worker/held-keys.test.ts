import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BatchItem } from '../../../../src/model/batch.ts';
import { UNPROCESSED } from '../../../../src/model/batch.ts';
import { HeldKeys } from '../../../../src/pool/worker/held-keys.ts';
import type { WrittenResult } from '../../../../src/wire/outcome.ts';
import { delivery } from '../../../helpers/batches.ts';

const FAULT = { code: 'E_EVENT_ANALYZE', message: 'm', retriable: true } as const;
const RESULTS: Readonly<Record<'done' | 'again' | 'requeue' | 'given-up', WrittenResult>> = {
  done: { status: 'done', first: 0, count: 0 },
  again: { status: 'failed', fault: FAULT },
  requeue: { status: 'requeue', delayMs: 1 },
  'given-up': { status: 'failed', fault: { ...FAULT, retriable: false } },
};

function item(task: number, order: number): BatchItem {
  return { delivery: delivery(), task, attempt: 1, order };
}

test('what follows a delivery that is seen again waits; what follows one that has ended does not', () => {
  const waits = Object.entries(RESULTS).map(([name, result]) => {
    const held = new HeldKeys();
    held.after(item(0, 7), result);
    return [name, held.has(item(0, 7))];
  });

  assert.deepEqual(Object.fromEntries(waits), { done: false, again: true, requeue: true, 'given-up': false });
});

test('two tasks do not wait for each other, though their keys are alike', () => {
  const held = new HeldKeys();
  held.after(item(1, 7), RESULTS.again);

  assert.deepEqual([held.has(item(0, 7)), held.has(item(1, 7))], [false, true]);
});

test('over any batch exactly those wait that stand behind one of their order that is seen again', () => {
  const entry = fc.record({
    task: fc.nat(2),
    order: fc.oneof(fc.integer({ min: -1, max: 2 }), fc.constant(2 ** 53 - 1)),
    name: fc.constantFrom(...(Object.keys(RESULTS) as (keyof typeof RESULTS)[])),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
      const held = new HeldKeys();
      const seenAgain: string[] = [];
      for (const { task, order, name } of entries) {
        const mustWait = order >= 0 && seenAgain.includes(`${task} ${order}`);

        assert.equal(held.has(item(task, order)), mustWait);
        held.after(item(task, order), mustWait ? UNPROCESSED : RESULTS[name]);
        if (!mustWait && (name === 'again' || name === 'requeue')) seenAgain.push(`${task} ${order}`);
      }
    }),
  );
});
