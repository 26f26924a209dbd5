import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import type { Partitions } from '../../../../../src/transport/kafka/protocol/subscription.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../../../src/transport/kafka/protocol/subscription.ts';

const topic = fc.string({ unit: 'binary', maxLength: 20 });
const numbers = fc.array(fc.nat({ max: 2 ** 31 - 1 }));
const partitions = fc.array(fc.tuple(topic, numbers)).map((entries): Partitions => new Map(entries));

test('subscriptions and assignments come back as they were', () => {
  fc.assert(
    fc.property(
      fc.array(topic),
      partitions,
      fc.integer({ min: -1, max: 1000 }),
      topic,
      (topics, owned, generation, mark) => {
        const subscription = { topics, owned, generation, mark };

        assert.deepEqual(decodeSubscription(encodeSubscription(subscription)), subscription);
        assert.deepEqual(decodeAssignment(encodeAssignment(owned)), owned);
      },
    ),
  );
});

test('other clients understand them, and theirs are understood', () => {
  const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
  const theirs = MemberMetadata.encode({ version: 0, topics: ['t'], userData: Buffer.from('u') });
  const ours = encodeSubscription({ topics: ['t'], owned: new Map(), generation: 3, mark: 'm' });

  assert.deepEqual(decodeSubscription(theirs), {
    topics: ['t'],
    owned: new Map(),
    generation: -1,
    mark: 'u',
  });
  assert.deepEqual(MemberMetadata.decode(ours)?.topics, ['t']);
  assert.deepEqual(MemberAssignment.decode(encodeAssignment(new Map([['t', [1, 2]]])))?.assignment, {
    t: [1, 2],
  });
});

test('no bytes are no partitions, and cut-off ones a RangeError', () => {
  const bytes = encodeAssignment(new Map([['t', [1, 2]]]));

  assert.deepEqual(decodeAssignment(Buffer.alloc(0)), new Map());
  assert.throws(() => decodeAssignment(bytes.subarray(0, 12)), RangeError);
});
