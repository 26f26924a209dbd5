import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsOf } from '../../../src/cli/claims.ts';

const task = (name: string, pattern: string, group = 'g') => ({ name, group, topics: [new RegExp(pattern)] });
const topic = (name: string, isInternal = false) => ({ name, isInternal });

test('a topic goes to the task that matches it, and to one of each group', () => {
  const tasks = [task('crash', 'crash'), task('lag', 'lag'), task('copy', 'crash', 'other')];

  const { taken, contested, untaken } = claimsOf(tasks, [topic('app-crash'), topic('app-lag'), topic('x')]);

  assert.deepEqual(
    taken.map((each) => [each.task.name, each.topic.name]),
    [
      ['crash', 'app-crash'],
      ['copy', 'app-crash'],
      ['lag', 'app-lag'],
    ],
  );
  assert.deepEqual(contested, []);
  assert.deepEqual(
    untaken.map(({ name }) => name),
    ['x'],
  );
});

test('a topic that two tasks of a group claim goes to neither, and is not called untaken', () => {
  const tasks = [task('a', 'app'), task('b', 'crash'), task('c', 'crash', 'other')];

  const { taken, contested, untaken } = claimsOf(tasks, [topic('app-crash')]);

  assert.deepEqual(
    taken.map((each) => each.task.name),
    ['c'],
  );
  assert.deepEqual(
    contested.map(({ group, tasks: names }) => [group, names]),
    [['g', ['a', 'b']]],
  );
  assert.deepEqual(untaken, []);
});

test('what brokers made for themselves is nobody’s, whatever matches it', () => {
  const { taken, untaken } = claimsOf([task('all', '.*')], [topic('__consumer_offsets', true)]);

  assert.deepEqual([taken, untaken], [[], []]);
});
