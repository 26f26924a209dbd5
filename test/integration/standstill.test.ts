/** A sink that stands still at full input: what is in flight stays bounded, and all goes on by itself after. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { javaCrashEvent } from '../../src/load/generate.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { Sink } from '../../src/ports/sink.ts';
import { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { MemorySink } from '../../src/transport/memory/sink.ts';
import { eventually } from '../helpers/eventually.ts';

const EVENTS = 3000;
const CREDIT = 200;

/** Passes on nothing until it is let go. */
function gated(sink: Sink): { sink: Sink; open: () => void; waiting: () => number } {
  const gate = Promise.withResolvers<void>();
  let waiting = 0;
  return {
    open: () => {
      gate.resolve();
    },
    waiting: () => waiting,
    sink: {
      publish: async (publications) => {
        waiting += publications.length;
        await gate.promise;
        return sink.publish(publications);
      },
      close: () => sink.close(),
    },
  };
}

test('while the sink stands still intake waits for it, no more than the credit is in flight, and it goes on by itself', async () => {
  const broker = new MemoryBroker({ partitions: 4 });
  for (let i = 0; i < EVENTS; i++) {
    const { key, value } = javaCrashEvent(i);
    broker.append('app-crash', [{ key, value }]);
  }
  const kept = new MemorySink({ keep: false });
  const { sink, open, waiting } = gated(kept);
  const config = await loadConfig({
    env: {},
    flags: { transport: 'memory', threads: '2', 'credit-deliveries': String(CREDIT) },
  });
  const logger = createLogger({ level: 'silent', format: 'json' });
  let consumed = 0;
  let waitedMs = 0;
  const app = await openApp(config, {
    logger,
    broker,
    sink,
    untilIdle: true,
    probes: [
      (event) => {
        if (event.type === 'consumed') consumed += event.deliveries;
        if (event.type === 'waited' && event.cause === 'sink') waitedMs += event.elapsedMs;
      },
    ],
  });
  const ended = app.run();
  await eventually('all credit is at the sink', () => app.status().inFlight.sink === CREDIT);

  const standing = app.status();
  for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
  const later = app.status();
  const held = waiting();
  open();
  const report = await ended;

  for (const { inFlight, credit, intake } of [standing, later]) {
    assert.deepEqual(inFlight, { lane: 0, pool: 0, retry: 0, sink: CREDIT, release: 0 });
    assert.equal(credit.deliveries, CREDIT);
    assert.equal(intake[0]?.waiting?.limit, 'credit.deliveries');
    assert.equal(intake[0].waiting.cause, 'sink');
  }
  assert.ok(held <= CREDIT, 'no more is handed to the sink than may be in flight');
  assert.ok(waitedMs > 0, 'the time that it stood still is told');
  assert.deepEqual([report.unfinished, consumed, kept.count], [0, EVENTS, EVENTS]);
});
