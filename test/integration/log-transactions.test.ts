import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import type { Delivery } from '../../src/model/delivery.ts';
import type { LogStore } from '../../src/transport/log/store.ts';
import { openLog } from '../../src/transport/log/store.ts';
import { numbered, upTo } from '../contract/records.ts';
import { Child } from '../helpers/children.ts';
import { logOptions, readAll, temporaryDir } from '../helpers/log.ts';

const ROUNDS = 10;
const RECORDS = 30_000;
const CHILD = fileURLToPath(new URL('log-transact-child.ts', import.meta.url));

test('a process that is killed at any moment leaves positions and findings that say the same', async (context) => {
  const { dir, remove } = temporaryDir();
  const store = await openLog(logOptions(dir));
  const children: Child[] = [];
  try {
    for (const i of upTo(RECORDS / 10_000)) await store.append('in', numbered(10_000, 100, i * 10_000));
    for (const round of upTo(ROUNDS)) {
      const child = new Child(CHILD, dir, round % 2 === 0 ? 'disk' : 'process');
      children.push(child);
      const lines = 1 + Math.floor(Math.random() * 60);
      await child.printed(lines);
      await child.kill();

      const finished = await assertExact(store);
      context.diagnostic(`round ${round}: killed after ${lines} lines, ${finished} deliveries finished`);
    }

    const last = new Child(CHILD, dir, 'process');
    children.push(last);
    await last.exited;

    assert.equal(await assertExact(store), 2 * RECORDS);
  } finally {
    for (const child of children) await child.kill();
    await store.close();
    remove();
  }
});

/** Each group has published exactly what is below its positions, once, in order; returns how many that are. */
async function assertExact(store: LogStore): Promise<number> {
  let finished = 0;
  for (const group of ['a', 'b']) {
    const published = [await readAll(store, `found-${group}`), await readAll(store, `dead-${group}`)];
    for (const deliveries of published) assertKeyOrder(deliveries);
    const places = published.flat().map(({ value }) => Buffer.from(value ?? []).toString());
    const positions = store.groups().find(({ name }) => name === group)?.positions ?? [];
    for (const { partition, offset, metadata } of positions) {
      if (offset > 0) assert.equal(metadata, `${partition}/${offset}`);
      finished += offset;
    }
    const expected = positions.flatMap(({ partition, offset }) =>
      upTo(offset).map((i) => `${partition}/${i}`),
    );
    assert.deepEqual(places.sort(), expected.sort());
  }
  return finished;
}

/** Of one key, whose deliveries are all of one partition, the offsets rise. */
function assertKeyOrder(deliveries: readonly Delivery[]): void {
  const last = new Map<string, number>();
  for (const { key, timestampMs } of deliveries) {
    const name = Buffer.from(key ?? []).toString();
    assert.ok(timestampMs > (last.get(name) ?? -1), `key ${name}: ${timestampMs} after ${last.get(name)}`);
    last.set(name, timestampMs);
  }
}
