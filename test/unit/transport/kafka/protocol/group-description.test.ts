import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf, readGroup } from '../../../../../src/transport/kafka/protocol/group-description.ts';
import { Reader } from '../../../../../src/transport/kafka/protocol/reader.ts';
import { encodeAssignment } from '../../../../../src/transport/kafka/protocol/subscription.ts';
import { Writer } from '../../../../../src/transport/kafka/protocol/writer.ts';

/** What is read of an answer about a group with one member per assignment. */
function described(kind: string, assignments: readonly Buffer[]) {
  const writer = new Writer().int16(0).string('g').string('Stable').string(kind).string('sticky');
  writer.array(assignments, (assignment) =>
    writer.string('m').string('c').string('/10.0.0.7').bytes(Buffer.alloc(0)).bytes(assignment),
  );
  return readGroup(new Reader(writer.int32(3).buffer), true);
}

test('what each member reads is told', () => {
  const assignments = [{ x: [0, 2] }, { y: [1] }, {}].map((each) =>
    encodeAssignment(new Map(Object.entries(each))),
  );

  const { members, operations } = described('consumer', [...assignments, Buffer.alloc(0)]);

  assert.deepEqual(
    members.map(({ reads }) => Object.fromEntries(reads)),
    [{ x: [0, 2] }, { y: [1] }, {}, {}],
  );
  assert.equal(operations, 3);
});

test('members whose assignments are in other words read nothing that is known, and hide no other', () => {
  const ours = encodeAssignment(new Map([['x', [0]]]));

  const consumers = described('consumer', [Buffer.from('{"some": "thing"}'), ours]);
  const others = described('connect', [ours]);

  assert.deepEqual(
    [...consumers.members, ...others.members].map(({ reads }) => Object.fromEntries(reads)),
    [{}, { x: [0] }, {}],
  );
});

test('a member is named so short that it can be told from the others', () => {
  const id = 'faultline-1c9e0a52-7d5c-4c6e-9a51-3f0f4b8f0e11';

  assert.equal(nameOf({ id, host: '/10.0.0.7' }), 'faultline-1c9e0a52 at 10.0.0.7');
  assert.equal(nameOf({ id: 'of-another-kind', host: 'h' }), 'of-another-kind at h');
});
