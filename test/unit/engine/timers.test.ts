import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timers } from '../../../src/engine/timers.ts';
import { EngineBench } from './engine-bench.ts';
import { delivery, HandClock, TASK } from './support.ts';

test('what is scheduled ends with the engine, and nothing is scheduled after it', async () => {
  const clock = new HandClock();
  const timers = new Timers(clock, () => assert.fail());
  const ran: string[] = [];
  timers.schedule(1, () => ran.push('due'));
  timers.schedule(10, () => ran.push('too late'));
  timers.schedule(1, () => ran.push('cancelled'))();
  await clock.advance(1);

  timers.end();
  timers.schedule(1, () => ran.push('after the end'));
  await clock.advance(100);

  assert.deepEqual(ran, ['due']);
});

test('an error of a timer goes to the engine', async () => {
  const clock = new HandClock();
  const failures: unknown[] = [];
  const timers = new Timers(clock, (error) => failures.push(error));
  const error = new Error('broken');

  timers.schedule(1, () => {
    throw error;
  });
  await clock.advance(1);

  assert.deepEqual(failures, [error]);
});

test('an engine that has ended leaves no timer behind, also when a key waits for its retry', async () => {
  const bench = new EngineBench({ tasks: [TASK] });
  await bench.feed(delivery(0, 'a'));
  await bench.answer({ status: 'requeue', delayMs: 60_000 });

  bench.engine.drain('test', 10);
  await bench.clock.advance(10);
  await bench.clock.advance(1);

  assert.equal(bench.report?.unfinished, 1);
  assert.equal(bench.clock.waiting, 0);
});
