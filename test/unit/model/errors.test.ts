import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, EngineError, ERRORS, toFault } from '../../../src/model/errors.ts';
import { outputTopic } from '../../../src/model/output-topic.ts';
import { isoTime } from '../../../src/model/time.ts';

test('every error has a sentence and a hint that end like sentences', () => {
  for (const [code, { summary, hint }] of Object.entries(ERRORS)) {
    assert.match(code, /^E(_[A-Z]+)+$/);
    assert.match(summary, /[.]$/, code);
    assert.match(hint, /[.)]$/, code);
  }
});

test('a coded error keeps its code as plain data; a foreign one gets the given code', () => {
  const coded = toFault(
    new EngineError('E_EVENT_SCHEMA', 'no category', { details: { field: 'category' } }),
    'E_EVENT_ANALYZE',
  );
  const foreign = toFault(new TypeError('x is not a function'), 'E_EVENT_ANALYZE');

  assert.deepEqual(coded, {
    code: 'E_EVENT_SCHEMA',
    message: 'no category',
    retriable: false,
    details: { field: 'category' },
  });
  assert.deepEqual(foreign, { code: 'E_EVENT_ANALYZE', message: 'x is not a function', retriable: true });
});

test('anything thrown can be described, never throwing itself', () => {
  const hostile = {
    toString: (): string => {
      throw new Error('no');
    },
  };

  assert.deepEqual(
    [describe('text'), describe(42), describe(hostile), describe(new Error(''))],
    ['text', 'thrown number: 42', 'thrown value that cannot be described', 'Error'],
  );
});

test('an output topic is filled in and stays a legal name', () => {
  assert.equal(outputTopic('findings', { topic: 't', task: 'k', category: 'c' }), 'findings');
  assert.equal(
    outputTopic('f-{task}-{topic}-{category}', { topic: 'a/b', task: 'k', category: 'P C' }),
    'f-k-a_b-P_C',
  );
});

test('a time without an ISO form becomes the nearest one that has', () => {
  assert.equal(isoTime(1), '1970-01-01T00:00:00.001Z');
  assert.equal(isoTime(Number.NaN), '1970-01-01T00:00:00.000Z');
  assert.equal(isoTime(1e300), '+275760-09-13T00:00:00.000Z');
});
