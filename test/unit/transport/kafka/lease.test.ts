import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { Leases } from '../../../../src/transport/kafka/lease.ts';

const LONG_MS = 3_600_000;

test('one group whose time is over keeps all from being written, until nothing of it is held', () => {
  const leases = Leases.of(2);
  const [first, second] = [leases.of(0), leases.of(1)];

  const seen = [
    leases.areGood,
    (first.extend(LONG_MS), leases.areGood),
    (second.extend(-1), leases.areGood),
    (second.release(), leases.areGood),
    (first.expire(), leases.areGood),
    (first.extend(LONG_MS), leases.areGood),
  ];

  assert.deepEqual(seen, [true, true, false, true, false, true]);
});

test('another thread sees what this one knows, by the same clock', async () => {
  const leases = Leases.of(1);
  leases.of(0).extend(LONG_MS);
  const module = new URL('../../../../src/transport/kafka/lease.ts', import.meta.url);
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    import('${module.href}').then(({ Leases }) => {
      const leases = new Leases(workerData);
      parentPort.postMessage(leases.areGood);
      parentPort.once('message', () => parentPort.postMessage(leases.areGood));
    });`;
  const thread = new Worker(script, { eval: true, workerData: leases.shared });

  const [before] = (await once(thread, 'message')) as [boolean];
  leases.of(0).expire();
  thread.postMessage('look');
  const [after] = (await once(thread, 'message')) as [boolean];
  await thread.terminate();

  assert.deepEqual([before, after], [true, false]);
});
