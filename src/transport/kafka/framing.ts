/**
 * Requests and answers on a connection, in place of kafkajs's own: that copies each of them three times
 * and more, into memory that is made anew each time, and the collector of garbage runs for that memory
 * alone (a third of the process's CPU, measured).
 *
 * Here a request goes out in the pieces that it is made of, and an answer is read into memory of its size.
 */
import net from 'node:net';
import tls from 'node:tls';
import { EngineError } from '../../model/errors.ts';
import type { Connection, ProtocolRequest, SocketMaker } from './internals.ts';
import { OPENING } from './protocol/opening.ts';
import { Writer } from './protocol/writer.ts';

/** What one read of a socket takes at most. */
const READ_BYTES = 256 * 2 ** 10;
/** A longer answer is none: the first bytes of HTTP, read as a length, say 1.2 GB. */
const ANSWER_BYTES_MAX = 2 ** 30;
const LENGTH_BYTES = 4;
const KEEP_ALIVE_MS = 60_000;

/** Has a connection send and receive this way. Before it is open. */
export function frame(connection: Connection): void {
  const answers = new Answers((answer) => fulfil(connection, answer));
  const login = connection.processData.bind(connection);
  connection.send = (request) => send(connection, request);
  connection.processData = (chunk) => {
    // The oldest way to log in has no frames. kafkajs keeps what it is given.
    if (connection.authHandlers !== null) return login(Buffer.from(chunk));
    try {
      answers.take(chunk);
    } catch (error) {
      connection.socket?.destroy(error as Error);
    }
  };
}

/** Sockets that read into memory of their own, which is used again, where the system lets them (not TLS). */
export const makeSocket: SocketMaker = ({ host, port, ssl, onConnect }) => {
  const socket =
    ssl === undefined || ssl === null
      ? reusing({ host, port }, onConnect)
      : tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS);
};

/** Emits `data` as others do; its bytes stand only until it returns. */
function reusing(to: net.TcpNetConnectOpts, onConnect: () => void): net.Socket {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (bytes: number): boolean => socket.emit('data', buffer.subarray(0, bytes)) || true;
  const socket: net.Socket = net.connect({ ...to, onread: { buffer, callback } }, onConnect);
  return socket;
}

/** Answers out of the chunks that a socket reads, each in memory of its own. */
export class Answers {
  readonly #done: (answer: Buffer) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  /** What is being read: a length, else an answer. */
  #target: Buffer = this.#length;
  #filled = 0;

  /** `done` is called with each, without its length. */
  constructor(done: (answer: Buffer) => void) {
    this.#done = done;
  }

  /** Copies what it is given. Throws `E_KAFKA_FAILED` where that is nothing of Kafka's. */
  take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      const copied = chunk.copy(this.#target, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === this.#target.length) this.#full();
    }
  }

  #full(): void {
    const full = this.#target;
    this.#filled = 0;
    if (full === this.#length) this.#target = Buffer.allocUnsafeSlow(checkedLength(full.readInt32BE(0)));
    else {
      this.#target = this.#length;
      this.#done(full);
    }
  }
}

function checkedLength(bytes: number): number {
  if (bytes >= LENGTH_BYTES && bytes <= ANSWER_BYTES_MAX) return bytes;
  throw new EngineError(
    'E_KAFKA_FAILED',
    `what answers there is no Kafka broker: an answer of ${bytes} bytes`,
  );
}

function fulfil({ requestQueue }: Connection, answer: Buffer): void {
  const correlationId = answer.readInt32BE(0);
  requestQueue.fulfillRequest({
    correlationId,
    payload: answer.subarray(LENGTH_BYTES),
    size: answer.length,
  });
}

/** As kafkajs's: rejects where there is no connection, and with what becomes of the request. */
async function send<Decoded, Answer>(
  connection: Connection,
  { request, response, requestTimeout }: ProtocolRequest<Decoded, Answer>,
): Promise<Answer> {
  if (!connection.isAuthenticated() && !OPENING.has(request.apiKey)) await connection.authenticate();
  connection.failIfNotConnected();
  const { apiKey, apiName, apiVersion } = request;
  const correlationId = connection.nextCorrelationId();
  const body = await request.encode();
  const pieces = body instanceof Writer ? body.pieces : [body.buffer];
  const head = new Writer().int32(HEAD_BYTES + Buffer.byteLength(connection.clientId) + body.size());
  head.int16(apiKey).int16(apiVersion).int32(correlationId).string(connection.clientId);
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly payload: Buffer }>();
  connection.failIfNotConnected();
  connection.requestQueue.push({
    entry: { apiKey, apiName, apiVersion, correlationId, resolve, reject },
    expectResponse: true,
    requestTimeout: requestTimeout ?? null,
    sendRequest: () => write(connection, [head.buffer, ...pieces]),
  });
  const decoded = await response.decode((await promise).payload);
  connection.requestQueue.maybeThrottle(decoded.clientSideThrottleTime);
  return response.parse(decoded);
}

/** Two numbers of two bytes, the correlation id, and the length of the client's id. */
const HEAD_BYTES = 10;

/** In one call of the system, without joining them before. */
function write({ socket }: Connection, pieces: readonly Uint8Array[]): void {
  socket?.cork();
  for (const piece of pieces) socket?.write(piece);
  socket?.uncork();
}
