import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashKey, Shard } from '../../../src/engine/shard.ts';
import { bytes, delivery, makeLanes } from './support.ts';

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

      const lanes = [0, 1, 2].map((offset) => shard.laneOf(owner, delivery(offset, key)));

      assert.equal(new Set(lanes).size, 1);
    }),
  );
});

test('null keys spread over all lanes', () => {
  const { owner } = makeLanes();
  const shard = new Shard();

  const lanes = new Set([0, 1, 2, 3].map((offset) => shard.laneOf(owner, delivery(offset, null))));

  assert.equal(lanes.size, 4);
});

test('many keys use the lanes evenly', () => {
  const { owner } = makeLanes();
  const shard = new Shard();
  const counts = new Map<unknown, number>();

  for (let i = 0; i < 4000; i++) {
    const lane = shard.laneOf(owner, delivery(i, `device-${String(i)}`));
    counts.set(lane, (counts.get(lane) ?? 0) + 1);
  }

  for (const count of counts.values())
    assert.ok(count > 850 && count < 1150, `${String(count)} of about 1000`);
});
