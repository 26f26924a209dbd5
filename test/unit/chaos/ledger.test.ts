import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerEntry } from '../../chaos/ledger.ts';
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

test('a history that is whole, in order and without duplicates passes', () => {
  assert.deepEqual(verdictOf('b1', 'a1', 'b2', 'a2', 'a3'), {
    events: 5,
    lost: [],
    unknown: [],
    disordered: [],
    duplicates: 0,
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
