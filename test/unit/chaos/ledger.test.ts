import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry, LedgerOutput } from '../../chaos/ledger.ts';
import { judge } from '../../chaos/ledger.ts';

const IN: readonly LedgerEntry[] = ['a1', 'b1', 'a2', 'b2', 'a3'].map((id) => ({
  id,
  topic: 'app-crash',
  key: id.slice(0, 1),
}));

function verdictOf(...ids: string[]) {
  return judge(
    IN,
    ids.map((id) => ({ id, to: 'findings' })),
  );
}

/** `id@life`, and `id@life!code` for a dead letter. */
function outputs(...words: string[]): LedgerOutput[] {
  return words.map((word) => {
    const [, id = '', life, code] = /^(\w+)@(\d)(?:!(\w+))?$/.exec(word) ?? [];
    return code === undefined
      ? { id, to: 'findings', life: Number(life) }
      : { id, to: 'dead-letters', life: Number(life), code };
  });
}

test('a history that is whole, in order and without duplicates passes', () => {
  assert.deepEqual(verdictOf('b1', 'a1', 'b2', 'a2', 'a3'), {
    events: 5,
    deadLetters: 0,
    lost: [],
    unknown: [],
    disordered: [],
    misjudged: [],
    duplicates: 0,
    duplicatesByLife: new Map(),
    stuttered: [],
  });
});

test('a planted loss is seen', () => {
  assert.deepEqual(verdictOf('a1', 'b1', 'b2', 'a3').lost, ['a2']);
});

test('a planted swap within a key is seen', () => {
  assert.deepEqual(verdictOf('a2', 'a1', 'b1', 'b2', 'a3').disordered, ['app-crash\0a: a2 before a1']);
});

test('a planted duplicate is counted, and a repetition of old work is no disorder', () => {
  const verdict = verdictOf('a1', 'a2', 'a1', 'a2', 'a3', 'b1', 'b2');

  assert.equal(verdict.duplicates, 2);
  assert.deepEqual(verdict.disordered, []);
});

test('an output that nobody put in is seen', () => {
  assert.deepEqual(verdictOf('a1', 'b1', 'a2', 'b2', 'a3', 'c1').unknown, ['c1']);
});

test('a planted dead letter of an innocent is seen, and does not count as its loss', () => {
  const verdict = judge(IN, outputs('a1@1', 'b1@1!E_EVENT_TIMEOUT', 'a2@1', 'b2@1', 'a3@1'));

  assert.deepEqual(verdict.misjudged, ['b1: E_EVENT_TIMEOUT, due was a finding']);
  assert.deepEqual(verdict.lost, []);
});

test('of poison only a dead letter with its code is right', () => {
  const poison = ['x', 'y', 'z'].map((id) => ({ id, topic: 't', key: id, codes: ['E_EVENT_TIMEOUT'] }));
  const verdict = judge(poison, outputs('x@1!E_EVENT_TIMEOUT', 'y@1!E_EVENT_ANALYZE', 'z@1'));

  assert.equal(verdict.deadLetters, 3);
  assert.deepEqual(verdict.misjudged, [
    'y: E_EVENT_ANALYZE, due was E_EVENT_TIMEOUT',
    'z: a finding, due was E_EVENT_TIMEOUT',
  ]);
});

test('a duplicate is counted for the life that had it before, and within one life it is a stutter', () => {
  const verdict = judge(IN, outputs('a1@1', 'a2@1', 'b1@1', 'a1@3', 'a2@3', 'b2@3', 'a3@3', 'b2@3', 'a1@4'));

  assert.equal(verdict.duplicates, 4);
  assert.deepEqual(
    verdict.duplicatesByLife,
    new Map([
      [1, 2],
      [3, 1],
    ]),
  );
  assert.deepEqual(verdict.stuttered, ['b2']);
});

test('within one life repeated work is in order too', () => {
  const whole = outputs('a1@1', 'a2@1', 'a3@1', 'b1@1', 'b2@1');

  assert.deepEqual(judge(IN, [...whole, ...outputs('a1@2', 'a3@2')]).disordered, []);
  assert.deepEqual(judge(IN, [...whole, ...outputs('a3@2', 'a1@2')]).disordered, [
    'app-crash\0a: a3 before a1',
  ]);
});

test('what is doubtful may be missing, but not out of order', () => {
  const entries = IN.map((entry) => ({ ...entry, isDoubtful: true }));

  assert.deepEqual(judge(entries, outputs('a1@1', 'a3@1')).lost, []);
  assert.equal(judge(entries, outputs('a3@1', 'a1@1')).disordered.length, 1);
});

test('what a life that returned repeats of its own counts as its duplicates; its first times are in order still', () => {
  const beside = { returned: new Set([1]), blame: (before: number) => before };
  const own = outputs('a1@1', 'b1@1', 'a2@1', 'a1@1', 'b2@1', 'a3@1');
  const swapped = outputs('a1@1', 'b1@1', 'a3@1', 'a1@1', 'b2@1', 'a2@1');

  const { stuttered, disordered, duplicatesByLife } = judge(IN, own, beside);

  assert.deepEqual([stuttered, disordered, [...duplicatesByLife]], [[], [], [[1, 1]]]);
  assert.deepEqual(judge(IN, swapped, beside).disordered, ['app-crash\0a: a3 before a2']);
  assert.deepEqual(judge(IN, own).stuttered, ['a1']);
});

test('a sleeper that wakes up and does again what another has done is to blame itself', () => {
  const beside = { returned: new Set([1]), blame: () => 1 };
  const { duplicatesByLife } = judge(IN, outputs('a1@2', 'a1@1', 'a2@2', 'a3@2', 'b1@2', 'b2@2'), beside);

  assert.deepEqual([...duplicatesByLife], [[1, 1]]);
});
