import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditedRecord } from '../../chaos-kafka/auditor.ts';
import { judgeRecords } from '../../chaos-kafka/auditor.ts';

const ACCOUNT = ['e1', 'e2', 'e3'].map((id) => ({ id, topic: 'app-crash', key: 'k' }));
const BESIDE = { returned: new Set<number>(), blame: (before: number) => before };

/** Events at the offsets 0, 1, 2, … of one partition. */
function fed(...ids: string[]): AuditedRecord[] {
  return ids.map((id, offset) => record('in', id, { place: `in/0/${offset}` }));
}

/** Findings of these offsets. */
function came(...offsets: number[]): AuditedRecord[] {
  return offsets.map((offset, i) =>
    record('out', 'any', { place: `out/0/${i}`, source: `in/0/${offset}`, life: 1 }),
  );
}

function record(topic: string, id: string, fields: Partial<AuditedRecord>): AuditedRecord {
  return { topic, id, key: 'k', place: '', source: '', code: undefined, life: undefined, ...fields };
}

test('what is there once for each record, in order, passes', () => {
  const { log, engine } = judgeRecords({
    account: ACCOUNT,
    fed: fed('e1', 'e2', 'e3'),
    came: came(0, 1, 2),
    beside: BESIDE,
  });

  assert.deepEqual([log.lost, log.disordered, log.duplicates], [[], [], 0]);
  assert.deepEqual([engine.events, engine.lost, engine.disordered, engine.duplicates], [3, [], [], 0]);
});

test('an event that its feeder has written twice has to come out twice, and is nobody’s repetition', () => {
  const twice = fed('e1', 'e2', 'e1', 'e3', 'e2');
  const records = { account: ACCOUNT, fed: twice, beside: BESIDE };

  const { log, engine } = judgeRecords({ ...records, came: came(0, 1, 2, 3, 4) });
  const once = judgeRecords({ ...records, came: came(0, 1, 4) });

  assert.deepEqual([log.duplicates, log.disordered, engine.duplicates, engine.lost], [0, [], 0, []]);
  assert.deepEqual(once.engine.lost, ['in/0/2', 'in/0/3']);
});

test('a planted loss, swap and repetition of a record are each seen', () => {
  const records = { account: ACCOUNT, fed: fed('e1', 'e2', 'e3'), beside: BESIDE };

  assert.deepEqual(judgeRecords({ ...records, came: came(0, 2) }).engine.lost, ['in/0/1']);
  assert.deepEqual(judgeRecords({ ...records, came: came(1, 0, 2) }).engine.disordered, [
    'in\0k: in/0/1 before in/0/0',
  ]);
  assert.deepEqual(judgeRecords({ ...records, came: came(0, 1, 1, 2) }).engine.stuttered, ['in/0/1']);
});

test('an acknowledged event that the topics do not have is their loss, not the engine’s', () => {
  const { log, engine } = judgeRecords({
    account: ACCOUNT,
    fed: fed('e1', 'e3'),
    came: came(0, 1),
    beside: BESIDE,
  });

  assert.deepEqual([log.lost, engine.lost], [['e2'], []]);
});
