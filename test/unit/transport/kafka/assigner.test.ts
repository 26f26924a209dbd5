import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Candidate } from '../../../../src/transport/kafka/assigner.ts';
import { assign } from '../../../../src/transport/kafka/assigner.ts';
import type { Partitions } from '../../../../src/transport/kafka/protocol/subscription.ts';

type Assigned = ReadonlyMap<string, Partitions>;

const TOPICS = ['a', 'b', 'c', 'd'];
const NOTHING: Partitions = new Map();

const partitions = fc
  .dictionary(fc.constantFrom(...TOPICS), fc.integer({ min: 1, max: 12 }))
  .map((counts) => new Map(Object.entries(counts)));
const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });

/** Members that own nothing, each with topics of its own. */
const members = ids.chain((all) =>
  fc.tuple(
    ...all.map((id) => fc.subarray(TOPICS).map((topics): Candidate => ({ id, topics, owned: NOTHING }))),
  ),
);
/** Members that all read everything. */
const alike = ids.map((all) => all.map((id): Candidate => ({ id, topics: TOPICS, owned: NOTHING })));

/** The same members, owning what they were dealt. */
function owning(candidates: readonly Candidate[], dealt: Assigned): Candidate[] {
  return candidates.map((each) => ({ ...each, owned: dealt.get(each.id) ?? NOTHING }));
}

function places(dealt: Partitions | undefined): string[] {
  return [...(dealt ?? NOTHING)].flatMap(([topic, numbers]) => numbers.map((number) => `${topic}/${number}`));
}

function load(dealt: Assigned, id: string): number {
  return places(dealt.get(id)).length;
}

/** How many partitions have another holder than before, of those that had one that is still there. */
function moves(before: Assigned, after: Assigned): number {
  let moved = 0;
  for (const [id, given] of before) {
    const kept = new Set(places(after.get(id)));
    if (after.has(id)) moved += places(given).filter((place) => !kept.has(place)).length;
  }
  return moved;
}

test('each partition goes to one member, and to one that subscribes to its topic if there is one', () => {
  fc.assert(
    fc.property(members, partitions, (candidates, counts) => {
      const dealt = assign(candidates, counts);

      const given = candidates.flatMap(({ id }) => places(dealt.get(id)));
      const wanted = [...counts].flatMap(([topic, count]) =>
        candidates.some(({ topics }) => topics.includes(topic))
          ? Array.from({ length: count }, (_, number) => `${topic}/${number}`)
          : [],
      );
      assert.deepEqual(given.toSorted(), wanted.toSorted());
      for (const { id, topics } of candidates)
        assert.ok([...(dealt.get(id) ?? NOTHING).keys()].every((topic) => topics.includes(topic)));
    }),
  );
});

test('loads of members that read the same differ by one at most', () => {
  fc.assert(
    fc.property(alike, partitions, (candidates, counts) => {
      const dealt = assign(candidates, counts);

      const loads = candidates.map(({ id }) => load(dealt, id));
      assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, String(loads));
    }),
  );
});

test('loads of members that read different topics are as even as their topics allow', () => {
  fc.assert(
    fc.property(members, partitions, (candidates, counts) => {
      const dealt = assign(candidates, counts);

      // No way from a member to one with two less, over members that share topics.
      for (const { id } of candidates) {
        const reached = new Set([id]);
        for (const from of reached) {
          const topics = [...(dealt.get(from) ?? NOTHING).keys()];
          for (const to of candidates)
            if (topics.some((topic) => to.topics.includes(topic))) reached.add(to.id);
        }
        for (const to of reached) assert.ok(load(dealt, id) - load(dealt, to) <= 1, `${id} to ${to}`);
      }
    }),
  );
});

test('nothing moves when nothing has changed', () => {
  fc.assert(
    fc.property(members, partitions, (candidates, counts) => {
      const before = assign(candidates, counts);

      const after = assign(owning(candidates, before), counts);

      assert.deepEqual(after, before);
    }),
  );
});

test('when a member leaves, the others keep all they have', () => {
  fc.assert(
    fc.property(alike, partitions, (candidates, counts) => {
      const before = assign(candidates, counts);

      const after = assign(owning(candidates, before).slice(1), counts);

      assert.equal(moves(before, after), 0);
    }),
  );
});

test('when a member joins, partitions move to it alone, and no more than its share', () => {
  fc.assert(
    fc.property(alike, partitions, (candidates, counts) => {
      const [young, ...old] = candidates;
      const before = assign(old, counts);

      const after = assign([...owning(old, before), ...(young === undefined ? [] : [young])], counts);

      if (old.length > 0) assert.equal(moves(before, after), load(after, young?.id ?? ''));
    }),
  );
});

test('the order of the members changes nothing', () => {
  fc.assert(
    fc.property(members, partitions, (candidates, counts) => {
      assert.deepEqual(assign(candidates.toReversed(), counts), assign(candidates, counts));
    }),
  );
});

test('what a member claims of topics and partitions that are gone, or not its own, does not count', () => {
  const owned = new Map([
    ['a', [0, 7]],
    ['gone', [0]],
    ['b', [0]],
  ]);
  const dealt = assign(
    [{ id: 'm', topics: ['a', 'gone'], owned }],
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  );

  assert.deepEqual(places(dealt.get('m')), ['a/0', 'a/1']);
});

test('who joins is given of each topic alike, for a topic’s load is seldom another’s', () => {
  const topics = ['crash', 'lag'];
  const counts = new Map(topics.map((topic) => [topic, 8]));
  const first: Candidate = { id: 'first', topics, owned: NOTHING };
  const [alone] = owning([first], assign([first], counts));
  assert.ok(alone !== undefined);

  const dealt = assign([alone, { id: 'second', topics, owned: NOTHING }], counts);

  for (const id of ['first', 'second'])
    assert.deepEqual(
      topics.map((topic) => dealt.get(id)?.get(topic)?.length),
      [4, 4],
      id,
    );
});
