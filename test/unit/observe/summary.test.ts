import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Summary } from '../../../src/observe/summary.ts';
import { EVENTS, eventsOf } from './events.ts';

/** Time and CPU by hand. */
function byHand(): { ms: number; cpuUs: number; summary: Summary } {
  const hand = { ms: 1000, cpuUs: 500 };
  const summary = new Summary({ monotonicMs: () => hand.ms, mainCpuUs: () => hand.cpuUs });
  return Object.assign(hand, { summary });
}

const outcome = eventsOf('outcome')[0];
assert.ok(outcome);

test('consumed deliveries are published, finished, dead-lettered or unfinished', () => {
  const part = fc.nat({ max: 1000 });
  const property = fc.property(fc.array(fc.tuple(part, part, part, part)), (batches) => {
    const { summary } = byHand();
    for (const [withFindings, silent, deadLettered, left] of batches) {
      const deliveries = withFindings + silent + deadLettered + left;
      summary.probe({ type: 'consumed', group: 'g', deliveries, bytes: 0 });
      summary.probe({ type: 'finished', task: 't', withFindings, silent, deadLettered, ages: [] });
    }

    const result = summary.result();

    const leftInAll = batches.reduce((sum, [, , , left]) => sum + left, 0);
    assert.equal(result.unfinished, leftInAll);
    assert.equal(
      result.consumed,
      result.published + result.finished + result.deadLettered + result.unfinished,
    );
  });

  fc.assert(property);
});

test('a run’s events add up to its summary', () => {
  const hand = byHand();
  for (const event of EVENTS) hand.summary.probe(event);
  hand.ms += 2000;
  hand.cpuUs += 100;

  const result = hand.summary.result();

  assert.deepEqual(result, {
    consumed: 10,
    published: 7,
    finished: 2,
    deadLettered: 1,
    unfinished: 0,
    findings: 8,
    committed: 10,
    ms: 2000,
    eventsPerSecond: 5,
    cpuUsPerEvent: { main: 10, workers: 1200, publisher: 10_000, total: 11_210 },
    byCode: { E_EVENT_ANALYZE: 1 },
    problems: { P_TRUNCATED: 2 },
    byPlatform: { android: 7, web: 1 },
    topGroups: [{ group: 'abc', title: 'NPE in Cart.total', kind: 'crash', count: 8 }],
  });
});

test('a run without events is all zero, and has no division by zero', () => {
  const result = new Summary({ monotonicMs: () => 0, mainCpuUs: () => 0 }).result();

  assert.equal(result.eventsPerSecond, 0);
  assert.deepEqual(result.cpuUsPerEvent, { main: 0, workers: 0, publisher: 0, total: 0 });
  assert.deepEqual(result.topGroups, []);
});

test('CPU of a slot is counted once, and goes on from zero when its thread was replaced', () => {
  const { summary } = byHand();
  summary.probe({ type: 'finished', task: 't', withFindings: 1, silent: 0, deadLettered: 0, ages: [] });

  const reports = [
    [0, 10],
    [1, 100],
    [0, 30],
    [0, 0], // the thread was lost: unknown
    [0, 5], // a new thread
    [0, 9],
  ] as const;
  for (const [slot, cpuMs] of reports) summary.probe({ ...outcome, slot, cpuMs });

  assert.equal(summary.result().cpuUsPerEvent.workers, (30 + 9 + 100) * 1000);
});

test('the main thread’s CPU and time are measured without being given', () => {
  const summary = new Summary();
  summary.probe({ type: 'finished', task: 't', withFindings: 1, silent: 0, deadLettered: 0, ages: [] });

  const { ms, cpuUsPerEvent } = summary.result();

  assert.ok(ms >= 0 && cpuUsPerEvent.main >= 0);
});

test('ten groups are shown, the most frequent first, names of any spelling', () => {
  const { summary } = byHand();
  const groups = Array.from({ length: 30 }, (_, i) => ({
    group: i === 7 ? '__proto__' : `group-${i}`,
    title: `title ${i}`,
    kind: 'crash' as const,
    count: i === 7 ? 500 : i + 1,
  }));

  const platforms = JSON.parse('{"__proto__": 3}') as Record<string, number>;
  summary.probe({ ...outcome, tally: { platforms, problems: {}, groups, repeats: 0 } });

  const { topGroups, byPlatform } = summary.result();
  assert.equal(topGroups.length, 10);
  assert.deepEqual(topGroups[0], { group: '__proto__', title: 'title 7', kind: 'crash', count: 500 });
  assert.deepEqual(
    topGroups.slice(1).map(({ count }) => count),
    [30, 29, 28, 27, 26, 25, 24, 23, 22],
  );
  assert.deepEqual(Object.entries(byPlatform), [['__proto__', 3]]);
});
