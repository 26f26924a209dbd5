import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_FLAGS } from '../../../src/config/flags.ts';
import { parseConfig } from '../../../src/config/load.ts';
import {
  analysisLimits,
  engineLimits,
  publishPolicy,
  selectTasks,
  taskAnalyses,
  tasksOf,
} from '../../../src/config/resolve.ts';

/** Every whole number of the config set to a value of its own, so that none can stand for another. */
const numbers = new Map(
  CONFIG_FLAGS.flatMap(({ flag, path, key }, index) =>
    key.type === 'int' && !/log\.|logging|pool|closeMs|kafka/.test(path)
      ? [[path, { flag, value: path.includes('backoffMax') ? key.max - index : key.min + index }]]
      : [],
  ),
);
const distinct = parseConfig({
  file: null,
  flags: Object.fromEntries([...numbers.values()].map(({ flag, value }) => [flag, String(value)])),
});

test('every number of the config reaches the engine or the workers, none of them twice', () => {
  const { system } = distinct;
  const all = [
    engineLimits(system),
    publishPolicy(system),
    analysisLimits(system),
    tasksOf(distinct)[0],
    taskAnalyses(distinct)[0],
  ];

  const found = JSON.stringify(all).match(/\d+/g)?.map(Number) ?? [];

  const expected = [...numbers.values()].map(({ value }) => value);
  assert.deepEqual(
    found.toSorted((a, b) => a - b),
    expected.toSorted((a, b) => a - b),
  );
});

test('tasks and analyses are in the same order', () => {
  const config = parseConfig({ file: null });

  assert.deepEqual(
    tasksOf(config).map(({ name }) => name),
    taskAnalyses(config).map(({ name }) => name),
  );
});

test('selected tasks are the only ones, in the order of the config', () => {
  const config = parseConfig({ file: null });

  assert.deepEqual(
    selectTasks(config, ['lag']).tasks.map(({ name }) => name),
    ['lag'],
  );
  assert.deepEqual(
    selectTasks(config, ['lag', 'crash']).tasks.map(({ name }) => name),
    ['crash', 'lag'],
  );
  assert.equal(selectTasks(config, []), config);
});

test('a task that is not there is wrong use, with a suggestion', () => {
  const config = parseConfig({ file: null });

  assert.throws(() => selectTasks(config, ['crahs']), { code: 'E_USAGE', message: /did you mean "crash"/ });
  assert.throws(() => selectTasks(config, ['zzzzzz']), { code: 'E_USAGE', message: /there are crash, lag/ });
});
