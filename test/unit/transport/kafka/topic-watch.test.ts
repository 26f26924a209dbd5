import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { TopicWatch } from '../../../../src/transport/kafka/topic-watch.ts';
import type { Brokers } from '../../../../src/transport/kafka/brokers.ts';

const watches: TopicWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close();
});

/** A cluster with one partition of each topic, and what is told of it. */
class World {
  /** Ids by name; null for brokers that have none. */
  topics: Readonly<Record<string, string | null>> = { crash: 'id-1' };
  looks = 0;
  readonly remade: string[] = [];
  readonly told: string[] = [];
  changes = 0;

  async watch(refreshMs = 1e6): Promise<TopicWatch> {
    const brokers = {
      metadata: async () => {
        this.looks += 1;
        const topics = Object.entries(this.topics).map(([name, id]) => ({
          name,
          ...(id !== null && { id }),
          error: 0,
          isInternal: false,
          partitions: [{ partition: 0, leader: 0 }],
        }));
        return { brokers: [], topics };
      },
    };
    const watch = new TopicWatch({
      brokers: brokers as unknown as Brokers,
      group: 'g',
      subscribes: (name) => name !== 'other',
      refreshMs,
      changed: () => (this.changes += 1),
      remade: (topic) => this.remade.push(topic),
      tell: (event) => event.type === 'group-fault' && this.told.push(event.fault.message),
    });
    watches.push(watch);
    await watch.start();
    return watch;
  }
}

test('what was there at the beginning is not new, and what comes later is', async () => {
  const world = new World();
  const watch = await world.watch();

  world.topics = { crash: 'id-1', lag: 'id-2' };
  await watch.refresh();

  assert.deepEqual(
    [watch.isNew('crash', 0), watch.isNew('crash', 1), watch.isNew('lag', 0)],
    [false, true, true],
  );
});

test('a topic that was gone for a look is new when it is back', async () => {
  const world = new World();
  world.topics = { crash: null };
  const watch = await world.watch();

  world.topics = {};
  await watch.refresh();
  world.topics = { crash: null };
  await watch.refresh();

  assert.equal(watch.isNew('crash', 0), true);
  assert.deepEqual(world.remade, []);
});

test('one that was made again between two looks is told, once, and is new', async () => {
  const world = new World();
  world.topics = { crash: 'id-1', lag: 'id-2', other: 'id-3' };
  const watch = await world.watch();

  world.topics = { crash: 'id-9', lag: 'id-2', other: 'id-8' };
  await watch.refresh();
  await watch.refresh();

  assert.deepEqual(world.remade, ['crash']);
  assert.match(world.told.join(), /^topic crash was deleted and made again/);
  assert.deepEqual([watch.isNew('crash', 0), watch.isNew('lag', 0)], [true, false]);
});

test('a broker that lags makes no topic anew', async () => {
  const world = new World();
  const watch = await world.watch();

  for (const id of ['id-2', 'id-1', 'id-2', 'id-3', 'id-1', 'id-2', 'id-3']) {
    world.topics = { crash: id };
    await watch.refresh();
  }

  assert.deepEqual(world.remade, ['crash', 'crash']);
});

test('a broker that lags makes no topic anew that was gone for a look', async () => {
  const world = new World();
  const watch = await world.watch();

  for (const topics of [{}, { crash: 'id-2' }, { crash: 'id-1' }, { crash: 'id-2' }]) {
    world.topics = topics;
    await watch.refresh();
  }

  assert.deepEqual(world.remade, []);
});

test('brokers that begin, or cease, to tell ids make no topic anew', async () => {
  const world = new World();
  world.topics = { crash: null };
  const watch = await world.watch();

  for (const id of ['id-1', null, 'id-1']) {
    world.topics = { crash: id };
    await watch.refresh();
  }

  assert.deepEqual(world.remade, []);
});

test('a hint brings one look soon, however many there are, and the looks go on after it', async (t) => {
  const immediate = setImmediate;
  t.mock.timers.enable();
  const world = new World();
  const watch = await world.watch(60_000);

  for (let i = 0; i < 10; i += 1) watch.lookSoon();
  t.mock.timers.tick(1000);
  const soon = world.looks;
  await new Promise((resolve) => immediate(resolve));
  t.mock.timers.tick(60_000);

  assert.deepEqual([soon, world.looks], [2, 3]);
});
