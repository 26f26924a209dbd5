import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineError } from '../../../../src/model/errors.ts';
import type { PublishResult } from '../../../../src/ports/sink.ts';
import {
  packFault,
  packResults,
  unpackFault,
  unpackResults,
} from '../../../../src/transport/publisher/faults.ts';

test('an error keeps code, message, hint, retriability and details across threads', () => {
  const error = new EngineError('E_KAFKA_PARTITIONS', 'too many', {
    hint: 'fewer',
    retriable: true,
    details: { partitions: 40, topics: ['a', 'b'] },
  });

  const again = unpackFault(structuredClone(packFault(error)));

  assert.ok(again instanceof EngineError);
  const { code, message, hint, retriable, details } = error;
  assert.deepEqual({ ...again }, { name: 'EngineError', code, hint, retriable, details });
  assert.equal(again.message, message);
});

test('details that cannot be cloned are said in words', () => {
  const error = new EngineError('E_KAFKA_FAILED', 'odd', { details: { socket: () => 1, at: 3 } });

  const { details } = unpackFault(structuredClone(packFault(error)));

  assert.deepEqual(details, { socket: 'thrown function: () => 1', at: 3 });
});

test('a foreign error becomes a coded one that ends the engine', () => {
  const { code, message, retriable } = unpackFault(
    structuredClone(packFault(new TypeError('no such thing'))),
  );

  assert.deepEqual(
    { code, message, retriable },
    { code: 'E_PUBLISHER_DIED', message: 'no such thing', retriable: false },
  );
});

test('results keep their places, and an error of many crosses once', () => {
  const away = new EngineError('E_KAFKA_UNREACHABLE', 'away', { retriable: true });
  const large = new EngineError('E_SINK_REJECTED', 'large');
  const results: PublishResult[] = [null, away, large, null, away, away];

  const failures = structuredClone(packResults(results));
  const again = unpackResults(failures, results.length);

  assert.equal(failures.length, 2);
  assert.deepEqual(
    again.map((result) => result?.code ?? null),
    results.map((result) => result?.code ?? null),
  );
});

test('when all is acknowledged nothing crosses', () => {
  assert.deepEqual(packResults([null, null]), []);
  assert.deepEqual(unpackResults([], 2), [null, null]);
});
