/** What is done to kafkajs's connections from outside: see whether one may be used, and end it at once. */
import { EngineError } from '../../model/errors.ts';
import type { Broker, ConnectionPool } from './internals.ts';

/**
 * Whether the main connection stands. One that has to log in again is not used for that: kafkajs then
 * takes the answer to any other request for that of the login.
 */
export function isUsable({ connectionPool: { pool, sasl } }: Broker): boolean {
  const [main] = pool;
  return main !== undefined && main.isConnected() && (sasl === undefined || main.isAuthenticated());
}

/** Ends them without waiting for answers, which kafkajs does for as long as a request may take. */
export function dropConnections({ connectionPool: { pool, host, port } }: Broker): void {
  const fault = new EngineError('E_KAFKA_UNREACHABLE', `the connection to ${host}:${port} was given up`);
  for (const connection of pool) {
    // Whoever is about to send would make it anew, and nobody would end it.
    connection.connect = () => Promise.reject(fault);
    connection.rejectRequests(fault);
    connection.socket?.destroy();
    connection.disconnect().catch(() => undefined); // nothing is left that could fail
  }
}

/**
 * After each answer kafkajs sets a timer to look for requests that wait, of a negative length where
 * none is throttled, which Node 24 warns of: here it looks only where some do wait.
 */
export function mended(connections: ConnectionPool): ConnectionPool {
  for (const { requestQueue } of connections.pool) {
    const schedule = requestQueue.scheduleCheckPendingRequests.bind(requestQueue);
    requestQueue.scheduleCheckPendingRequests = (): void => {
      if (requestQueue.pending.length > 0) schedule();
    };
  }
  return connections;
}
