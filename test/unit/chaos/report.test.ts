import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry, LedgerOutput } from '../../chaos/ledger.ts';
import { judge } from '../../chaos/ledger.ts';
import type { EndKind, Judged } from '../../chaos/report.ts';
import { findings, table } from '../../chaos/report.ts';

const IN: readonly LedgerEntry[] = ['a1', 'a2', 'a3'].map((id) => ({ id, topic: 't', key: 'a' }));

const ENDS: ReadonlyMap<number, EndKind> = new Map([
  [1, 'killed'],
  [2, 'ordered'],
  [3, 'stopped'],
]);

function seen(life: number, ...ids: string[]): LedgerOutput[] {
  return ids.map((id) => ({ id, to: 't', life }));
}

function inLog(...ids: string[]): LedgerOutput[] {
  return ids.map((id) => ({ id, to: 't' }));
}

function judged(outputs: readonly LedgerOutput[], changes: Partial<Judged> = {}): Judged {
  return {
    mode: 'at-least-once',
    faults: [],
    ends: ENDS,
    dealt: new Map([['kill -9', 3]]),
    isWhole: true,
    mayRepeat: (life) => ({ ordered: 0, stopped: 1, killed: 2 })[ENDS.get(life) ?? 'killed'],
    log: judge(IN, inLog('a1', 'a2', 'a3')),
    engine: judge(IN, outputs),
    ...changes,
  };
}

const WHOLE = seen(2, 'a1', 'a2', 'a3');

test('a run without a fault has no findings', () => {
  assert.deepEqual(findings(judged(WHOLE)), []);
});

test('after a kill so many may be repeated as the limits say, and no more', () => {
  const twice = [...seen(1, 'a1', 'a2'), ...WHOLE];
  const thrice = [...seen(1, 'a1', 'a2', 'a3'), ...WHOLE];

  assert.deepEqual(findings(judged(twice)), []);
  assert.deepEqual(findings(judged(thrice)), [
    'at-least-once: 3 of life 1, which was killed, repeated: at most 2 may be',
  ]);
});

test('after a stop less may be repeated than after a kill', () => {
  const [one, two] = [seen(4, 'a1'), seen(4, 'a1', 'a2')];
  const whole = seen(3, 'a1', 'a2', 'a3');

  assert.deepEqual(findings(judged([...whole, ...one])), []);
  assert.equal(findings(judged([...whole, ...two])).length, 1);
});

test('after an ordered end nothing may be repeated', () => {
  assert.deepEqual(findings(judged([...WHOLE, ...seen(3, 'a1')])), [
    'at-least-once: 1 of life 2, which was ordered, repeated: at most 0 may be',
  ]);
});

test('exactly once, nothing may be repeated whatever the end was', () => {
  const twice = [...seen(1, 'a1'), ...WHOLE];

  assert.deepEqual(findings(judged(twice, { mode: 'exactly-once' })), ['exactly-once: 1 repeated']);
});

test('a loss, a swap, a stutter, a stranger and an innocent’s dead letter are each told, with the mode', () => {
  const { engine } = judged([
    ...seen(1, 'a2', 'a1', 'a1', 'z9'),
    { id: 'a2', to: 'd', life: 2, code: 'E_EVENT_TIMEOUT' },
  ]);

  const told = findings(judged([], { engine })).join('\n');

  for (const what of [
    'lost: a3',
    'out of order: t\0a: a2 before a1',
    'came out twice in one life: a1',
    'never put in: z9',
    'misjudged: a2: E_EVENT_TIMEOUT, due was a finding',
  ])
    assert.ok(told.includes(what), `${what}\nin\n${told}`);
});

test('what the log itself loses, doubles or swaps is told apart from what the engine does', () => {
  const log = judge(IN, inLog('a2', 'a1', 'a1'));

  assert.deepEqual(findings(judged(WHOLE, { log })), [
    'at-least-once: acknowledged, and not in the log: a3',
    'at-least-once: out of order in the log: t\0a: a2 before a1',
    'at-least-once: 1 stand twice in the log, though they were fed once',
  ]);
});

test('of a run that was not brought to its end it is not said what was lost', () => {
  const { engine } = judged([]);

  assert.equal(engine.lost.length, 3);
  assert.deepEqual(findings(judged([], { isWhole: false })), []);
});

test('the table has a line for each kind of fault and each figure', () => {
  const text = table(['kill -9', 'stop'], [judged(WHOLE)]);

  assert.match(text, /^dealt: kill -9 +3$/m);
  assert.match(text, /^dealt: stop +0$/m);
  assert.match(text, /^events +3$/m);
});
