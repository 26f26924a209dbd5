import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropConnections } from '../../../../src/transport/kafka/connections.ts';
import type { Broker, Connection } from '../../../../src/transport/kafka/internals.ts';

test('a connection that was given up is not made anew by who was about to send over it', async () => {
  const calls: string[] = [];
  const connection: Connection = {
    socket: { destroy: () => calls.push('destroyed') },
    requestQueue: { pending: [], scheduleCheckPendingRequests: () => undefined },
    isConnected: () => false,
    isAuthenticated: () => false,
    connect: async () => calls.push('connected'),
    rejectRequests: ({ message }) => calls.push(message),
    disconnect: async () => undefined,
  };
  const connectionPool = { host: 'h', port: 1, pool: [connection] };

  dropConnections({ connectionPool } as unknown as Broker);

  await assert.rejects(connection.connect(), { code: 'E_KAFKA_UNREACHABLE', retriable: true });
  assert.deepEqual(calls, ['the connection to h:1 was given up', 'destroyed']);
});
