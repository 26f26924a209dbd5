import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeTopic } from '../../../src/engine/route.ts';
import { TASK } from './support.ts';

const LAG = { ...TASK, name: 'lag', topics: [/lag/] };

test('a topic goes to the task whose pattern matches', () => {
  assert.deepEqual(routeTopic([TASK, LAG], 'group', 'app-lag'), { type: 'task', index: 1 });
});

test('a topic that no task of the group takes is routed to none', () => {
  assert.deepEqual(routeTopic([TASK, LAG], 'group', 'orders'), { type: 'none' });
  assert.deepEqual(routeTopic([TASK, LAG], 'another group', 'app-lag'), { type: 'none' });
});

test('a topic that two tasks of a group take is refused with both names', () => {
  assert.deepEqual(routeTopic([TASK, LAG], 'group', 'crash-and-lag'), {
    type: 'ambiguous',
    tasks: ['crash', 'lag'],
  });
});

test('tasks of different groups may take the same topic', () => {
  const other = { ...TASK, name: 'copy', group: 'other' };

  assert.deepEqual(routeTopic([TASK, other], 'other', 'app-crash'), { type: 'task', index: 1 });
  assert.deepEqual(routeTopic([TASK, other], 'group', 'app-crash'), { type: 'task', index: 0 });
});
