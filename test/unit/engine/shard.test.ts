import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashKey, NO_ORDER, Shard, Sharding } from '../../../src/engine/shard.ts';
import type { ShardBy } from '../../../src/model/task.ts';
import { bytes, delivery, makeLanes, TASK } from './support.ts';

const FIELD = 'dimensions.device_id';

/** The order of a value under a field; the value is its JSON text. */
function orderByField(json: string, rule: ShardBy['rule'] = 'hash'): number {
  const value = `{"category":"C","dimensions":{"device_id":${json}}}`;
  return new Sharding({ field: FIELD, rule, scanBytesMax: 1000 }).orderOf(delivery(0, 'key', { value }));
}

/** The order that `modulo` gives to a key. */
function moduloOf(key: string): number {
  return new Sharding({ ...TASK.shardBy, rule: 'modulo' }).orderOf(delivery(0, key));
}

test('the hash is MurmurHash3 x86 32-bit (published vectors)', () => {
  assert.equal(hashKey(bytes('')), 0);
  assert.equal(hashKey(bytes('hello')), 0x248bfa47);
  assert.equal(hashKey(bytes('hello, world')), 0x149bbb7f);
  assert.equal(hashKey(bytes('The quick brown fox jumps over the lazy dog')), 0x2e4ff723);
});

test('deliveries of one key share a lane', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const { owner } = makeLanes();
      const shard = new Shard();

      const lanes = [0, 1, 2].map((offset) =>
        shard.laneOf(owner, owner.sharding.orderOf(delivery(offset, key))),
      );

      assert.equal(new Set(lanes).size, 1);
    }),
  );
});

test('null keys spread over all lanes', () => {
  const { owner } = makeLanes();
  const shard = new Shard();

  const lanes = new Set(
    [0, 1, 2, 3].map((offset) => shard.laneOf(owner, owner.sharding.orderOf(delivery(offset, null)))),
  );

  assert.equal(lanes.size, 4);
});

test('many keys use the lanes evenly', () => {
  const { owner } = makeLanes();
  const shard = new Shard();
  const counts = new Map<unknown, number>();

  for (let i = 0; i < 4000; i++) {
    const lane = shard.laneOf(owner, owner.sharding.orderOf(delivery(i, `device-${String(i)}`)));
    counts.set(lane, (counts.get(lane) ?? 0) + 1);
  }

  for (const count of counts.values())
    assert.ok(count > 850 && count < 1150, `${String(count)} of about 1000`);
});

test('of equal order, equal lane: whatever the number of lanes and what came before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.array(fc.option(fc.nat(20)), { maxLength: 60 }),
      (lanes, keys) => {
        const { owner } = makeLanes({ ...TASK, lanes });
        const shard = new Shard();
        const laneByKey = new Map<number, unknown>();
        keys.forEach((key, offset) => {
          const order = owner.sharding.orderOf(delivery(offset, key === null ? null : `key ${key}`));
          const lane = shard.laneOf(owner, order);
          if (key === null) return;
          assert.equal(laneByKey.get(key) ?? lane, lane);
          laneByKey.set(key, lane);
        });
      },
    ),
  );
});

test('modulo: a whole number is its lane modulo their number, 35432 of ten lanes is lane 2', () => {
  const { owner } = makeLanes({ ...TASK, lanes: 10, shardBy: { ...TASK.shardBy, rule: 'modulo' } });
  const shard = new Shard();

  const lanes = ['35432', '0', '7', '-7', '0042', '999999999999999'].map(
    (key) => shard.laneOf(owner, owner.sharding.orderOf(delivery(0, key))).index,
  );

  assert.deepEqual(lanes, [2, 0, 7, 7, 2, 9]);
});

test('modulo: a number of up to 15 digits is itself, without its sign; anything else is hashed', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 15) + 1, max: 10 ** 15 - 1 }), (number) => {
      assert.equal(moduloOf(String(number)), Math.abs(number));
    }),
  );
  for (const key of ['1000000000000000', '1.5', '1e3', '-', '', '+5', ' 5', '5 ', '--5', '0x10', 'abc', '٣'])
    assert.equal(moduloOf(key), hashKey(bytes(key)) >>> 1, key);
});

test('an order is a whole number from 0 on that JSON, a float64 and a lane’s index can carry', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('hash' as const, 'modulo' as const), (key, rule) => {
      const order = new Sharding({ ...TASK.shardBy, rule }).orderOf(delivery(0, key));

      assert.ok(Number.isSafeInteger(order) && order >= 0);
    }),
  );
});

test('by a field: its text gives the order, the record’s key does not', () => {
  assert.equal(orderByField('"abc"'), hashKey(bytes('abc')) >>> 1);
  assert.equal(orderByField('35432', 'modulo'), 35432);
  assert.equal(orderByField('"35432"', 'modulo'), 35432);
  assert.equal(orderByField('35432'), orderByField('"35432"'));
});

test('without the field, without a value or beyond the scan there is no order, and the lanes take turns', () => {
  const shardBy = { field: FIELD, rule: 'hash', scanBytesMax: 30 } as const;
  const { owner } = makeLanes({ ...TASK, shardBy });
  const shard = new Shard();
  const far = `{"category":"${'x'.repeat(30)}","dimensions":{"device_id":"a"}}`;
  const withoutValue = { ...delivery(0, 'key'), value: null };
  const without = [delivery(0, 'key'), delivery(1, 'key', { value: far }), withoutValue];

  const orders = without.map((one) => owner.sharding.orderOf(one));
  const lanes = orders.map((order) => shard.laneOf(owner, order).index);

  assert.deepEqual(orders, [NO_ORDER, NO_ORDER, NO_ORDER]);
  assert.deepEqual(lanes, [0, 1, 2]);
});
