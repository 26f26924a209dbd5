import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logLevel } from 'kafkajs';
import { clientLog } from '../../../../src/transport/kafka/logs.ts';
import type { ClientLine } from '../../../../src/transport/kafka/settings.ts';

/** What becomes of an error line of kafkajs. */
function told(namespace: string, message: string, error?: string): ClientLine | undefined {
  const lines: ClientLine[] = [];
  const log = { timestamp: '', message, ...(error !== undefined && { error }) };
  const write = clientLog((line) => void lines.push(line))(logLevel.INFO);
  write({ namespace, level: logLevel.ERROR, label: 'ERROR', log });
  return lines[0];
}

test('what is said at each attempt to connect or to log in is for debugging: the transport tells it once', () => {
  const lines = [
    told('Connection', 'Connection error: connect ECONNREFUSED 127.0.0.1:9092'),
    told('Connection', 'Connection timeout'),
    told('Connection', 'Response SaslAuthenticate(key: 36, version: 1)', 'Authentication failed'),
    told('BrokerPool', 'Failed to connect to seed broker, trying another broker from the list: no'),
    told('SaslAuthenticator-PLAIN', 'SASL PLAIN authentication failed'),
  ];

  assert.deepEqual(
    lines.map((line) => line?.level),
    lines.map(() => 'debug'),
  );
});

test('what passes by itself is for debugging, another error of a broker is an error', () => {
  const response = 'Response Metadata(key: 3, version: 6)';
  const passing = told('Connection', response, 'There is no leader for this topic-partition as we are');
  const other = told('Connection', response, 'The server experienced an unexpected error');

  assert.deepEqual([passing?.level, other?.level], ['debug', 'error']);
  assert.deepEqual(other, {
    level: 'error',
    text: response,
    of: 'Connection',
    fields: { error: 'The server experienced an unexpected error' },
  });
});
