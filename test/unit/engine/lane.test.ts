import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Lane, Work } from '../../../src/engine/lane.ts';
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

test('it tells which deliveries wait for a retry: the one held, those behind it, no other', () => {
  const { owner, work } = makeLanes();
  const lane = laneOf(owner, 0);
  const [held, behind, other] = [
    work(0, delivery(0, 'a')),
    work(0, delivery(1, 'a')),
    work(0, delivery(2, 'b')),
  ];
  const [unordered, alike] = [work(0, delivery(3, null)), work(0, delivery(4, null))];
  lane.hold(held);
  lane.follow(behind);
  lane.hold(unordered);

  assert.deepEqual(
    [held, behind, other, unordered, alike].map((one) => lane.holds(one)),
    [true, true, false, true, false],
  );
});

/** A lane as dispatch and settle use it, beside one plain queue per key. */
class LaneModel {
  readonly lane: Lane;
  readonly #held: { name: number; key: string | null }[] = [];
  /** What is not finished, by key, in order of arrival. */
  readonly #queues = new Map<string | null, Work[]>();
  finished = 0;

  constructor(lane: Lane) {
    this.lane = lane;
  }

  arrive(work: Work, key: string | null): void {
    this.#queues.set(key, [...(this.#queues.get(key) ?? []), work]);
    this.lane.queue.pushBack(work);
  }

  /** Takes up to `size` deliveries and lets each end as `fates` say: `d`one, `a`gain later, `b`ack in its place. */
  batch(size: number, fates: string): void {
    const batch: Work[] = [];
    while (this.lane.queue.length > 0 && batch.length < size) {
      const work = this.lane.queue.popFront();
      if (!this.lane.follow(work)) batch.push(work);
    }
    const back: Work[] = [];
    batch.forEach((work, i) => {
      const mustWait = work.order >= 0 && back.some(({ order }) => order === work.order);
      const fate = mustWait ? 'b' : fates[i % fates.length];
      if (this.lane.follow(work)) return;
      if (fate === 'b') back.push(work);
      else if (fate === 'a') this.#held.push({ name: this.lane.hold(work), key: keyOf(work) });
      else this.#finish(work);
    });
    for (const work of back.toReversed()) this.lane.queue.pushFront(work);
  }

  release(which: number): void {
    const [ended] = this.#held.splice(which % Math.max(1, this.#held.length), 1);
    if (ended !== undefined) this.lane.release(ended.name);
  }

  /** The earliest of its key, or of those without a key any one. */
  #finish(work: Work): void {
    const queue = this.#queues.get(keyOf(work)) ?? [];
    const at = keyOf(work) === null ? queue.indexOf(work) : 0;
    assert.equal(queue[at], work);
    queue.splice(at, 1);
    this.finished += 1;
  }

  assertAgrees(): void {
    const left = [...this.#queues.values()].flat();
    const waits = (work: Work): boolean => {
      const key = keyOf(work);
      return key !== null && this.#held.some((held) => held.key === key && this.lane.holds(work));
    };
    assert.equal(this.lane.length, left.length);
    assert.equal(this.lane.owner.heldKeys, this.#held.length);
    const unordered = this.#held.filter(({ key }) => key === null).length;
    assert.equal(this.lane.held, left.filter(waits).length + unordered);
    assert.equal(left.filter((work) => this.lane.holds(work)).length, this.lane.held);
  }
}

function keyOf({ delivery: { key } }: Work): string | null {
  return key === null ? null : new TextDecoder().decode(key);
}

test('over any holds, follows, releases and batches, each key leaves in the order it came, once', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('arrive' as const), key: fc.constantFrom('a', 'b', 'c', null) }),
    fc.record({
      type: fc.constant('batch' as const),
      size: fc.integer({ min: 1, max: 6 }),
      fates: fc.array(fc.constantFrom('d', 'a', 'b'), { minLength: 1, maxLength: 6 }),
    }),
    fc.record({ type: fc.constant('release' as const), which: fc.nat(10) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const { owner, work } = makeLanes();
      const model = new LaneModel(laneOf(owner, 0));
      let offset = 0;
      for (const one of steps) {
        if (one.type === 'arrive') model.arrive(work(0, delivery(offset++, one.key)), one.key);
        else if (one.type === 'batch') model.batch(one.size, one.fates.join(''));
        else model.release(one.which);
        model.assertAgrees();
      }
      for (let i = 0; i < 3 * steps.length; i++) model.release(0);
      model.batch(offset, 'd');

      assert.deepEqual([model.finished, model.lane.length, owner.heldKeys], [offset, 0, 0]);
    }),
  );
});
