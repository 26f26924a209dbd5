/**
 * What is done to kafkajs's connections from outside: see whether one may be used, have it send and
 * receive without copies, hold its requests to time limits, and end it at once.
 */
import { EngineError } from '../../model/errors.ts';
import { frame } from './framing.ts';
import type { Broker, Connection, ConnectionPool, PushedRequest, RequestQueue } from './internals.ts';
import { OPENING } from './protocol/opening.ts';
import type { KafkaSettings } from './settings.ts';

/** What the settings say of time. */
export type Limits = Pick<KafkaSettings, 'connectTimeoutMs' | 'requestTimeoutMs'>;

/** Metadata and FindCoordinator, by their keys: brokers answer out of their memory. */
const LOOKING = new Set([3, 10]);
/** For those, milliseconds: a session outlives some of them. */
const LOOKING_MS = 5000;

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
  const fault = givenUp({ host, port });
  for (const connection of pool) {
    // Whoever is about to send would make it anew, and nobody would end it.
    connection.connect = () => Promise.reject(fault);
    connection.logError = () => undefined; // whoever waited is told
    connection.rejectRequests(fault);
    connection.socket?.destroy(fault);
    connection.disconnect().catch(() => undefined); // nothing is left that could fail
  }
}

/** What those who wait for it are told. */
export function givenUp({ host, port }: { readonly host: string; readonly port: number }): EngineError {
  return new EngineError('E_KAFKA_UNREACHABLE', `the connection to ${host}:${port} was given up`);
}

/** Before they are open. */
export function mended(connections: ConnectionPool, limits: Limits): ConnectionPool {
  for (const connection of connections.pool) {
    calm(connection.requestQueue);
    frame(connection);
    limit(connection, `${connections.host}:${connections.port}`, limits);
  }
  return connections;
}

/**
 * After each answer kafkajs sets a timer to look for requests that wait, of a negative length where
 * none is throttled, which Node 24 warns of: here it looks only where some do wait.
 */
function calm(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = (): void => {
    if (queue.pending.length > 0) schedule();
  };
}

/**
 * Each request is answered within its own limit, or rejected as kafkajs would. Time is measured, not read
 * off the clock on the wall: that may be set back or forth, by hours.
 */
function limit(connection: Connection, at: string, limits: Limits): void {
  const { requestQueue: queue } = connection;
  const push = queue.push.bind(queue);
  let throttledUntilMs = 0;
  queue.maybeThrottle = (forMs) => {
    throttledUntilMs = Math.max(throttledUntilMs, performance.now() + (forMs ?? 0));
  };
  queue.canSendSocketRequestImmediately = () => performance.now() >= throttledUntilMs;
  queue.push = (request) => {
    const { entry } = request;
    const withinMs = limitOf(request, limits);
    const waitMs = Math.max(0, throttledUntilMs - performance.now()) + withinMs;
    const answered = onSilence(connection, waitMs, () => {
      const message = `${entry.apiName} was not answered by ${at} within ${Math.round(waitMs)} ms`;
      entry.reject(Object.assign(new Error(message), { name: 'KafkaJSRequestTimeoutError' }));
    });
    const resolve: typeof entry.resolve = (answer) => {
      answered();
      entry.resolve(answer);
    };
    const reject: typeof entry.reject = (error) => {
      answered();
      entry.reject(error);
    };
    push({ ...request, entry: { ...entry, resolve, reject } });
  };
}

function limitOf({ entry: { apiKey }, requestTimeout }: PushedRequest, limits: Limits): number {
  if (OPENING.has(apiKey)) return limits.connectTimeoutMs;
  if (LOOKING.has(apiKey)) return Math.min(LOOKING_MS, limits.requestTimeoutMs);
  return requestTimeout ?? limits.requestTimeoutMs;
}

/** Runs when nothing at all has come for that long: a long answer takes its time. Returns what ends it. */
function onSilence(connection: Connection, forMs: number, run: () => void): () => void {
  const heard = (): number => connection.socket?.bytesRead ?? 0;
  let before = heard();
  let isOver = false;
  const look = (): void => {
    if (isOver) return;
    if (heard() === before) return run();
    before = heard();
    timer = wait();
  };
  // Where this process stood still, what has come meanwhile is read first.
  const wait = (): NodeJS.Timeout => setTimeout(() => setImmediate(look), forMs);
  let timer = wait();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
