import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deal } from '../../../../src/transport/kafka/deal.ts';
import type { GroupMember } from '../../../../src/transport/kafka/internals.ts';
import { encodeSubscription } from '../../../../src/transport/kafka/protocol/subscription.ts';

function member(
  memberId: string,
  owned: readonly number[],
  { generation = 1, topics = ['t'] } = {},
): GroupMember {
  const of = new Map(owned.length > 0 ? [['t', owned]] : []);
  return { memberId, memberMetadata: encodeSubscription({ topics, owned: of, generation, mark: '' }) };
}

function given(members: readonly GroupMember[], partitions = 4): Record<string, readonly number[]> {
  const dealt = deal(members, new Map([['t', partitions]]));
  return Object.fromEntries([...dealt].map(([id, topics]) => [id, topics.get('t') ?? []]));
}

test('a partition that another still has is held back until that one has let it go', () => {
  const first = given([member('a', [0, 1, 2, 3]), member('b', [])]);
  assert.deepEqual(first, { a: [0, 1], b: [] });

  const second = given([member('a', [0, 1], { generation: 2 }), member('b', [], { generation: 2 })]);
  assert.deepEqual(second, { a: [0, 1], b: [2, 3] });
});

test('a partition that its holder does not want any more is held back too', () => {
  const first = given([member('a', [0, 1], { topics: [] }), member('b', [2, 3])]);

  assert.deepEqual(first, { a: [], b: [2, 3] });
});

test('of two that claim a partition the one counts that got it later', () => {
  const dealt = given([member('a', [0, 1], { generation: 3 }), member('b', [0, 1], { generation: 4 })], 2);

  assert.deepEqual(dealt, { a: [], b: [0] });
});
