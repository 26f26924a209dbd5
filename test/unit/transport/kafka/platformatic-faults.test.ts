import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ResponseError,
  TimeoutError,
  UserError,
} from '@platformatic/kafka';
import { EngineError } from '../../../../src/model/errors.ts';
import {
  codeFor,
  hasOldLeaders,
  isDoubtful,
  platformaticFault,
  topicCode,
  triesOf,
} from '../../../../src/transport/kafka/platformatic-faults.ts';

const PRODUCE = 0;

/** A broker's answer to Produce with these codes, as the library throws it. */
function answered(codes: Readonly<Record<number, number>>): ResponseError {
  const partitionResponses = Object.entries(codes).map(([index, errorCode]) => ({
    index: Number(index),
    errorCode,
  }));
  const wrong = partitionResponses.filter(({ errorCode }) => errorCode !== 0);
  const errors = Object.fromEntries(wrong.map(({ index, errorCode }) => [`/${index}`, [errorCode, null]]));
  const response = { responses: [{ name: 't', partitionResponses }] };
  return new ResponseError(PRODUCE, 11, errors as ConstructorParameters<typeof ResponseError>[2], response);
}

/** As a call fails after these tries. */
function failed(...tries: Error[]): MultipleErrors {
  return new MultipleErrors('Producing messages failed.', [
    new MultipleErrors(`produce failed ${tries.length} times.`, tries),
  ]);
}

const REFUSED = new NetworkError('Connection to a:1 failed.', {
  cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
});

test('the code of each partition is read from the last answer', () => {
  const tries = triesOf(failed(answered({ 0: 6 }), answered({ 0: 0, 3: 10 })));

  assert.deepEqual(
    tries.map((each) => [codeFor(each, 0), codeFor(each, 3)]),
    [
      [6, null],
      [0, 10],
    ],
  );
});

test('a try is in doubt when it was sent and nobody said what became of it', () => {
  const doubtful = [
    new NetworkError('Connection closed'),
    new TimeoutError('Request timed out', { canRetry: true }),
    answered({ 0: -1 }),
    answered({ 0: 7 }),
    answered({ 0: 20 }),
  ];
  const known = [
    REFUSED,
    new MultipleErrors('Cannot connect to any broker.', [REFUSED]),
    new NetworkError('Cannot get a connection: the broker is not available in the current cluster metadata.'),
    new TimeoutError('Connection to a:1 timed out.', { canRetry: true }),
    answered({ 0: 19 }),
    new UserError('Unknown topic t.'),
  ];

  assert.ok(doubtful.every(isDoubtful));
  assert.ok(!known.some(isDoubtful));
});

test('what is wrong is told by its cause, in codes of this project', () => {
  const certificate = new NetworkError('Connection to a:1 failed.', {
    cause: new Error('self-signed certificate in certificate chain'),
  });
  const broken = new NetworkError('Connection to a:1 failed.', {
    cause: Object.assign(new Error('disconnected before secure TLS connection'), { code: 'ECONNRESET' }),
  });
  const login = new NetworkError('Connection to a:1 failed.', {
    cause: new AuthenticationError('SASL authentication failed.', {
      cause: new ResponseError(36, 2, { '/': [58, 'no'] } as never, {}),
    }),
  });
  const token = new EngineError('E_KAFKA_AUTH', 'there is no token');
  const provider = new AuthenticationError('The token provider threw an error.', { cause: token });

  const codes = [certificate, broken, login, answered({ 0: 29 }), failed(REFUSED), new Error('what?')].map(
    (each) => platformaticFault(each, 'writing').code,
  );

  assert.deepEqual(codes, [
    'E_KAFKA_TLS',
    'E_KAFKA_UNREACHABLE',
    'E_KAFKA_AUTH',
    'E_KAFKA_FORBIDDEN',
    'E_KAFKA_UNREACHABLE',
    'E_KAFKA_FAILED',
  ]);
  assert.equal(platformaticFault(provider, 'writing'), token);
});

test('a client that was closed does not hide why it was', () => {
  const error = failed(REFUSED, new UserError('Client closed while retrying produce.'));

  const fault = platformaticFault(error, 'writing');

  assert.equal(fault.code, 'E_KAFKA_UNREACHABLE');
  assert.match(fault.message, /^writing: Connection to a:1 failed\. connect ECONNREFUSED/);
});

test('a topic that is missing or forbidden has a code, one that cannot be asked for has none', () => {
  const asked = [new UserError('Unknown topic t.'), answered({ 0: 29 }), REFUSED, answered({ 0: 5 })];

  assert.deepEqual(asked.map(topicCode), [3, 29, null, null]);
});

test('leaders that have moved are seen in an answer and in a broker that is gone', () => {
  const gone = new NetworkError('Cannot get a connection: …', { hasStaleMetadata: true });

  assert.deepEqual([answered({ 0: 6 }), gone, answered({ 0: 19 })].map(hasOldLeaders), [true, true, false]);
});
