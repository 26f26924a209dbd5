/** The analyzer that burns, and the events that ask it to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import analyze from '../../../bench/analyzers/burn.ts';
import type { BurnPlan } from '../../../bench/feed/plan.ts';
import { firstOf, maker } from '../../../bench/feed/plan.ts';
import { Supply } from '../../../bench/feed/supply.ts';
import type { PerfEvent } from '../../../src/model/event.ts';

const PLAN: BurnPlan = {
  kind: 'burn',
  mark: 'b',
  seed: 7,
  chunks: 3,
  idle: 2,
  keys: ['first', 'second', 'third'],
  pick: 'uniform',
};

/** What stands in an event as it is written. */
interface Written {
  readonly id: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function written({ value }: { readonly value: Uint8Array }): Written {
  return JSON.parse(Buffer.from(value).toString()) as Written;
}

test('the analyzer burns as many chunks as the event asks for', () => {
  const event = { values: { burn_chunks: 4 } } as unknown as PerfEvent;

  const finding = analyze(event);

  assert.deepEqual(finding, { chunks: 4 });
});

test('a plan gives the same events again, whoever makes them', () => {
  const [one, other] = [maker(PLAN), maker(PLAN)];

  const events = Array.from({ length: 100 }, () => [one(), other()] as const);

  for (const [left, right] of events) assert.deepEqual(left, right);
});

test('another seed gives other keys their turn', () => {
  const keysOf = (seed: number): string[] => {
    const make = maker({ ...PLAN, seed });
    return Array.from({ length: 50 }, () => Buffer.from(make().key).toString());
  };

  assert.notDeepEqual(keysOf(1), keysOf(2));
});

test('events are numbered without a gap, and the first ones ask for no work', () => {
  const make = maker(PLAN);

  const events = Array.from({ length: 4 }, () => written(make()));

  assert.deepEqual(
    events.map(({ id }) => id),
    ['b-00000000', 'b-00000001', 'b-00000002', 'b-00000003'],
  );
  assert.deepEqual(
    events.map(({ values }) => values['burn_chunks']),
    [0, 0, 3, 3],
  );
});

test('the first key has the share that the plan gives it', () => {
  const make = maker({ ...PLAN, pick: 0.9 });

  const keys = Array.from({ length: 2000 }, () => Buffer.from(make().key).toString());

  const share = keys.filter((key) => key === 'first').length / keys.length;
  assert.ok(share > 0.87 && share < 0.93, `${share}`);
});

test('java events begin where their seed does', () => {
  const plan = { kind: 'java', seed: 3 } as const;

  const { id } = written(maker(plan)());

  assert.equal(Number.parseInt(id.split('-').at(-1) ?? '', 16), firstOf(plan));
});

test('a supply hands out each event once and in order, however it is prepared', () => {
  const calls = fc.array(fc.record({ prepare: fc.nat(20), take: fc.nat(20) }), { maxLength: 10 });

  fc.assert(
    fc.property(calls, (steps) => {
      const supply = new Supply(PLAN);
      const make = maker(PLAN);
      for (const { prepare, take } of steps) {
        supply.prepare(prepare);
        for (const record of supply.take(take, 5)) assert.deepEqual(record, { ...make(), timestampMs: 5 });
      }
    }),
  );
});
