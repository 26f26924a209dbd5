import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SYSTEM } from '../../../src/config/spec.ts';
import {
  errorLine,
  PROTOCOL_VERSION,
  readAnswer,
  readRequest,
  REQUEST_BYTES_MAX,
  requestLine,
  resultLine,
  THREADS_MAX,
} from '../../../src/control/protocol.ts';
import { EngineError } from '../../../src/model/errors.ts';

const requests = fc.oneof(
  fc.record({ command: fc.constantFrom('status', 'waits', 'drain', 'stop') }),
  fc.record({
    command: fc.constant('why' as const),
    topic: fc.string({ minLength: 1, maxLength: 249 }),
    partition: fc.nat(),
  }),
  fc.record({
    command: fc.constant('scale' as const),
    threads: fc.integer({ min: 1, max: THREADS_MAX }),
  }),
);

test('a request comes out of its line as it went in, on one line and within the limit', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const line = requestLine(request);

      assert.deepEqual(readRequest(line.slice(0, -1)), { ...request });
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.ok(Buffer.byteLength(line) <= REQUEST_BYTES_MAX);
    }),
  );
});

test('no text makes reading a request fail in another way than with its code', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({
        version: fc.oneof(fc.constant(PROTOCOL_VERSION), fc.anything()),
        command: fc.oneof(fc.constantFrom('why', 'scale', 'status', '__proto__'), fc.anything()),
        args: fc.anything(),
      })
      .map((value) => JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? 0 : each))),
  );

  fc.assert(
    fc.property(texts, (text) => {
      try {
        readRequest(text);
      } catch (error) {
        assert.ok(error instanceof EngineError && error.code === 'E_CONTROL_REQUEST');
      }
    }),
  );
});

const wrong: readonly (readonly [what: string, request: unknown, message: RegExp])[] = [
  ['no object', [1], /JSON object/],
  ['no version', { command: 'status' }, /speaks version 1 of the protocol, not nothing/],
  ['another version', { version: 2, command: 'status' }, /not 2/],
  ['an unknown command', { version: 1, command: 'restart' }, /no command "restart"/],
  ['no command', { version: 1 }, /no command nothing/],
  ['args that are none', { version: 1, command: 'why', args: 3 }, /args is a JSON object/],
  ['why without a topic', { version: 1, command: 'why', args: { partition: 1 } }, /args\.topic/],
  [
    'why without a partition',
    { version: 1, command: 'why', args: { topic: 'a', partition: 1.5 } },
    /partition/,
  ],
  ['no threads', { version: 1, command: 'scale', args: { threads: 0 } }, /from 1 to 256/],
  ['too many threads', { version: 1, command: 'scale', args: { threads: 257 } }, /from 1 to 256/],
];

for (const [what, request, message] of wrong) {
  test(`${what} is refused in one sentence`, () => {
    assert.throws(() => readRequest(JSON.stringify(request)), { code: 'E_CONTROL_REQUEST', message });
  });
}

test('an error crosses with its code, its sentence and its hint', () => {
  const error = new EngineError('E_POOL_FAILED', 'no memory for thread 3', { hint: 'Take fewer.' });

  assert.throws(() => readAnswer(errorLine(error)), {
    code: 'E_POOL_FAILED',
    message: 'no memory for thread 3',
    hint: 'Take fewer.',
  });
});

test('what has no code of its own crosses as E_CONTROL_FAILED, and so does a code that is not known here', () => {
  const newer = JSON.stringify({ ok: false, error: { code: 'E_TOMORROW', message: 'm', hint: 'h' } });

  assert.throws(() => readAnswer(errorLine(new TypeError('x is not y'))), {
    code: 'E_CONTROL_FAILED',
    message: 'x is not y',
  });
  assert.throws(() => readAnswer(newer), { code: 'E_CONTROL_FAILED', message: 'm', hint: 'h' });
});

test('what is no answer is E_CONTROL_LOST', () => {
  assert.deepEqual(readAnswer(resultLine([1])), [1]);
  for (const line of ['', 'HTTP/1.1 400 Bad Request', '{}', '{"ok":false}', '{"ok":1,"result":1}', 'null']) {
    assert.throws(() => readAnswer(line), { code: 'E_CONTROL_LOST' }, line);
  }
});

test('as many threads can be asked for as the config allows', () => {
  assert.equal(THREADS_MAX, SYSTEM.threads.max);
});
