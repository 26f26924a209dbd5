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
    leases.mayWrite(leases.term),
    (first.extend(LONG_MS), leases.mayWrite(leases.term)),
    (second.extend(-1), leases.mayWrite(leases.term)),
    (second.release(), leases.mayWrite(leases.term)),
    (first.expire(), leases.mayWrite(leases.term)),
    (first.extend(LONG_MS), leases.mayWrite(leases.term)),
  ];

  assert.deepEqual(seen, [true, true, false, true, false, true]);
});

test('what was taken before a group was lost or let go of may not be written after it', () => {
  const leases = Leases.of(2);
  const lease = leases.of(1);
  lease.extend(LONG_MS);
  const taken = leases.term;

  lease.expire();
  const whileLost = leases.mayWrite(taken);
  lease.release();
  const afterwards = [leases.mayWrite(taken), leases.mayWrite(leases.term)];
  lease.extend(LONG_MS);
  const back = [leases.mayWrite(taken), leases.mayWrite(leases.term)];

  assert.deepEqual([whileLost, afterwards, back], [false, [false, true], [false, true]]);
});

test('another thread sees what this one knows, by the same clock', async () => {
  const leases = Leases.of(1);
  leases.of(0).extend(LONG_MS);
  const module = new URL('../../../../src/transport/kafka/lease.ts', import.meta.url);
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    import('${module.href}').then(({ Leases }) => {
      const leases = new Leases(workerData);
      parentPort.postMessage(leases.mayWrite(leases.term));
      parentPort.once('message', () => parentPort.postMessage(leases.mayWrite(leases.term)));
    });`;
  const thread = new Worker(script, { eval: true, workerData: leases.shared });

  const [before] = (await once(thread, 'message')) as [boolean];
  leases.of(0).expire();
  thread.postMessage('look');
  const [after] = (await once(thread, 'message')) as [boolean];
  await thread.terminate();

  assert.deepEqual([before, after], [true, false]);
});
