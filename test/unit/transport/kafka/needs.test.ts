import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingVersions } from '../../../../src/transport/kafka/needs.ts';

/** What a broker of Kafka 2.1 speaks of what is needed, by API key. */
const KAFKA_2_1: Readonly<Record<number, { minVersion: number; maxVersion: number }>> = Object.fromEntries(
  Object.entries({
    0: 7,
    1: 10,
    2: 4,
    3: 7,
    8: 6,
    9: 5,
    10: 2,
    11: 3,
    12: 2,
    13: 2,
    14: 2,
    22: 1,
    24: 1,
    25: 1,
    26: 1,
    28: 2,
  }).map(([key, maxVersion]) => [key, { minVersion: 0, maxVersion }]),
);
const KAFKA_2_5: typeof KAFKA_2_1 = { ...KAFKA_2_1, 22: { minVersion: 0, maxVersion: 3 } };
const AT_LEAST_ONCE = { exactlyOnce: false };
const EXACTLY_ONCE = { exactlyOnce: true };

test('brokers of Kafka 2.1 speak all that is needed, for exactly once those of 2.5', () => {
  const tooOld = missingVersions(KAFKA_2_1, EXACTLY_ONCE);

  assert.equal(missingVersions(KAFKA_2_1, AT_LEAST_ONCE), null);
  assert.equal(missingVersions(KAFKA_2_5, EXACTLY_ONCE), null);
  assert.match(tooOld?.message ?? '', /speak InitProducerId versions 3 to 4 for exactly once .*0 to 1\)$/);
});

test('a version of Produce that nothing here is written in does not do', () => {
  const older = { ...KAFKA_2_1, 0: { minVersion: 0, maxVersion: 6 } };

  assert.match(missingVersions(older, AT_LEAST_ONCE)?.message ?? '', /speak Produce version 7 /);
});

test('what is missing, too old and too new is named, with what it is for', () => {
  const { 22: _none, ...rest } = KAFKA_2_1;
  const versions = {
    ...rest,
    1: { minVersion: 4, maxVersion: 9 },
    2: { minVersion: 5, maxVersion: 11 },
  };

  const error = missingVersions(versions, AT_LEAST_ONCE);

  assert.equal(error?.code, 'E_KAFKA_VERSION');
  assert.equal(
    error.message,
    'the brokers do not speak Fetch version 10 to read records of every compression (they speak versions 4 to 9), ' +
      'ListOffsets versions 2 to 3 to find the ends of partitions (they speak versions 5 to 11), ' +
      'InitProducerId version 1 to write nothing twice (they speak nothing of it)',
  );
});

test('transactions are needed for exactly once only', () => {
  const { 26: _none, ...versions } = KAFKA_2_5;

  assert.equal(missingVersions(versions, AT_LEAST_ONCE), null);
  assert.match(missingVersions(versions, EXACTLY_ONCE)?.message ?? '', /EndTxn version 1 for exactly once/);
});

test('a broker of which nothing is known speaks nothing', () => {
  assert.equal(missingVersions(null, EXACTLY_ONCE)?.code, 'E_KAFKA_VERSION');
});
