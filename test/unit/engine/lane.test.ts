import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivery, laneOf, makeLanes } from './support.ts';

test('while a key waits, later deliveries of it wait behind and other keys go on', () => {
  const { owner, work } = makeLanes();
  const lane = laneOf(owner, 0);
  const [first, other, second] = [
    work(0, delivery(0, 'a')),
    work(0, delivery(1, 'b')),
    work(0, delivery(2, 'a')),
  ];
  const name = lane.hold(first);

  const followed = [other, second].map((later) => lane.follow(later));
  const lengthHeld = lane.length;
  lane.release(name);

  assert.deepEqual(followed, [false, true]);
  assert.equal(lengthHeld, 2);
  assert.deepEqual([lane.queue.popFront(), lane.queue.popFront()], [first, second]);
  assert.equal(owner.heldKeys, 0);
});

test('a null key waits alone: nothing follows it', () => {
  const { owner, work } = makeLanes();
  const lane = laneOf(owner, 0);
  lane.hold(work(0, delivery(0, null)));

  assert.equal(lane.follow(work(0, delivery(1, null))), false);
  assert.equal(owner.heldKeys, 1);
});

test('keys of different bytes never share a hold, the empty key included', () => {
  const { owner, work } = makeLanes();
  const lane = laneOf(owner, 0);
  lane.hold(work(0, delivery(0, '')));
  lane.hold(work(0, delivery(1, 'é')));

  assert.equal(lane.follow(work(0, delivery(2, 'e'))), false);
  assert.equal(lane.follow(work(0, delivery(3, ''))), true);
});

test('holding a key twice breaks an assertion', () => {
  const { owner, work } = makeLanes();
  const lane = laneOf(owner, 0);
  lane.hold(work(0, delivery(0, 'a')));

  assert.throws(() => lane.hold(work(0, delivery(1, 'a'))), { code: 'E_ASSERT' });
});
