/** A member in a process of its own, to be stopped and killed: writes what it sees to its parent. */
import { setInterval } from 'node:timers';
import { Reader } from './consuming.ts';
import { testClient } from './producing.ts';

const [brokers = '', group = '', topic = '', sessionTimeoutMs = ''] = process.argv.slice(2);

const reader = new Reader(testClient([brokers]), {
  group,
  subscribes: (each) => each === topic,
  member: {
    sessionTimeoutMs: Number(sessionTimeoutMs),
    heartbeatMs: 100,
    rebalanceTimeoutMs: 10_000,
    topicsRefreshMs: 500,
  },
});
let told = 0;
setInterval(() => {
  for (const sight of reader.sights.slice(told)) process.send?.(sight);
  told = reader.sights.length;
}, 10);
process.on('disconnect', () => process.exit());
await reader.open();
