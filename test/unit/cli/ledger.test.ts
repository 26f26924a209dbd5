import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOf } from '../../../src/cli/ledger.ts';

const place = (topic: string, partition: number) => ({ topic, partition });
const member = (name: string, ...partitions: ReturnType<typeof place>[]) => ({ name, partitions });

test('who reads a partition is named for it, and for a topic all that read some of it', () => {
  const members = [member('a', place('x', 0), place('y', 1)), member('b', place('x', 1)), member('c')];
  const group = { pid: null, members };

  assert.equal(readerOf(group, place('x', 1)), 'b');
  assert.equal(readerOf(group, place('y', 0)), null);
  assert.equal(readerOf(group, { topic: 'x' }), 'a, b');
  assert.equal(readerOf(group), 'a, b, c');
});

test('of many readers three are named, the others counted', () => {
  const members = ['a', 'b', 'c', 'd', 'e'].map((name) => member(name));

  assert.equal(readerOf({ pid: null, members }), 'a, b, c, 2 more');
});

test('the process that has the embedded log reads all of it', () => {
  assert.equal(readerOf({ pid: 42, members: [] }, place('x', 0)), 'process 42');
});
