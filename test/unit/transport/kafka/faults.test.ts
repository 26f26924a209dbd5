import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConnectionFault, kafkaFault } from '../../../../src/transport/kafka/faults.ts';
import { errorOfCode } from '../../../../src/transport/kafka/internals.ts';

/** As kafkajs makes them (src/network/connection.js). */
function connectionError(message: string, code?: string): Error {
  const error = new Error(`Connection error: ${message}`);
  return Object.assign(error, { name: 'KafkaJSConnectionError', broker: 'a:1', code });
}

test('a handshake that a dying broker breaks off is tried again, one that cannot succeed is not', () => {
  const broken = 'Client network socket disconnected before secure TLS connection was established';
  const foreign = 'self-signed certificate in certificate chain';

  const passing = kafkaFault(connectionError(broken, 'ECONNRESET'), 'asking');
  const lasting = kafkaFault(connectionError(foreign, 'SELF_SIGNED_CERT_IN_CHAIN'), 'asking');

  assert.deepEqual([passing.code, passing.retriable], ['E_KAFKA_UNREACHABLE', true]);
  assert.match(passing.message, /^asking: .*before secure TLS/);
  assert.deepEqual([lasting.code, lasting.retriable], ['E_KAFKA_TLS', false]);
});

test('a login that broke off with its connection is a fault of the connection, one that was refused is not', () => {
  const failed = (cause: Error): Error =>
    Object.assign(new Error(`SASL PLAIN authentication failed: ${cause.message}`), {
      name: 'KafkaJSSASLAuthenticationError',
      cause,
    });

  const broken = kafkaFault(failed(connectionError('Closed connection')), 'asking');
  const refused = kafkaFault(failed(errorOfCode(58)), 'asking');

  assert.deepEqual([broken.code, refused.code], ['E_KAFKA_UNREACHABLE', 'E_KAFKA_AUTH']);
});

test('a connection that times out, breaks or is refused is a fault of the connection', () => {
  const faults = [connectionError('timeout'), connectionError('refused', 'ECONNREFUSED')];

  assert.deepEqual(faults.map(isConnectionFault), [true, true]);
});
