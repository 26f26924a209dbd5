/**
 * The control socket: lets commands of the same user ask a running process, and tell it what to do.
 *
 * Everything is bounded: connections, the bytes and the time of a request, the time in which an answer
 * is taken. Whatever comes in, the process goes on: what is wrong is answered with its code. Neither
 * the socket nor a connection keeps the process alive; `close` waits for answers under way.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { EngineError } from '../model/errors.ts';
import { readLine } from './line.ts';
import type { Answers, Request } from './protocol.ts';
import { errorLine, readRequest, REQUEST_BYTES_MAX, resultLine } from './protocol.ts';
import { listenAt, type SocketFile } from './socket-file.ts';
import type { ControlTarget } from './target.ts';
import { statusOf, waitsOf } from './views.ts';

/** Bounds of the server. */
export interface ControlLimits {
  /** Requests under way; a further one is refused, and far more of them are not even read. */
  readonly connectionsMax: number;
  /** For a request to arrive whole. */
  readonly requestMs: number;
  /** For an answer to be taken. */
  readonly answerMs: number;
  /** For answers under way when the server closes. */
  readonly closeMs: number;
}

/** What is served, and where. */
export interface ControlOptions {
  readonly path: string;
  readonly target: ControlTarget;
  /** Instead of the usual ones. */
  readonly limits?: Partial<ControlLimits>;
}

/** A listening control socket. */
export interface Control {
  readonly path: string;
  /**
   * Takes the socket away, gives what was asked for a moment to be answered, then ends all connections.
   * Again: does nothing. Never rejects.
   */
  close(): Promise<void>;
}

const LIMITS: ControlLimits = { connectionsMax: 32, requestMs: 5000, answerMs: 10_000, closeMs: 2000 };
/** So many times `connectionsMax` are read, so that they can be refused in words. */
const READ_FACTOR = 4;

/** Listens. Rejects with `E_CONTROL_BUSY`, `E_CONTROL_LISTEN` or `E_CONTROL_PATH`; nothing is left behind then. */
export async function startControl({ path, target, limits = {} }: ControlOptions): Promise<Control> {
  // Half-open: who has sent a request may close its side and still gets the answer.
  const server = createServer({ allowHalfOpen: true });
  const control = new Connections(target, { ...LIMITS, ...limits });
  server.maxConnections = READ_FACTOR * control.limits.connectionsMax;
  server.on('connection', (socket: Socket) => control.take(socket));
  const file = await listenAt(server, path);
  // Commands are not what this process lives for: it goes on without them.
  server.on('error', () => undefined);
  server.unref();
  let closed: Promise<void> | null = null;
  return { path, close: () => (closed ??= close(server, file, control)) };
}

async function close(server: Server, file: SocketFile, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await file.remove();
  await connections.close();
  await closed;
}

/** The connections of one server. */
class Connections {
  readonly limits: ControlLimits;
  readonly #target: ControlTarget;
  readonly #open = new Set<Socket>();
  /** Those whose request is there and whose answer is not written yet. */
  readonly #answering = new Map<Socket, Promise<void>>();

  constructor(target: ControlTarget, limits: ControlLimits) {
    this.#target = target;
    this.limits = limits;
  }

  /** Serves one connection: a request, an answer, the end. */
  take(socket: Socket): void {
    socket.unref();
    // A peer that goes away is nothing to be told of.
    socket.on('error', () => undefined);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    const isCrowded = this.#open.size > this.limits.connectionsMax;
    void this.#serve(socket, isCrowded);
  }

  async close(): Promise<void> {
    for (const socket of this.#open) if (!this.#answering.has(socket)) socket.destroy();
    await this.#answered();
    for (const socket of this.#open) socket.destroy();
  }

  /** Never rejects. */
  async #serve(socket: Socket, isCrowded: boolean): Promise<void> {
    const { requestMs, connectionsMax } = this.limits;
    const end = await readLine(socket, { bytesMax: REQUEST_BYTES_MAX, timeoutMs: requestMs });
    if (end.type === 'closed' && end.bytes === 0) {
      socket.destroy();
      return;
    }
    const answering = answer(this.#target, () => {
      if (isCrowded) throw refused(`more than ${connectionsMax} requests are under way`);
      switch (end.type) {
        case 'line':
          return readRequest(end.text);
        case 'closed':
          throw new EngineError('E_CONTROL_REQUEST', 'the request ended before the end of its line');
        case 'too-long':
          throw refused(`the request has more than ${REQUEST_BYTES_MAX} bytes`);
        case 'late':
          throw refused(`no whole request came within ${requestMs} ms`);
      }
    }).then((line) => this.#write(socket, line));
    this.#answering.set(socket, answering);
    await answering;
    this.#answering.delete(socket);
  }

  /** Resolves when the system has taken all of it, or nobody will. */
  #write(socket: Socket, line: string): Promise<void> {
    return new Promise((resolve) => {
      const overdue = setTimeout(() => socket.destroy(), this.limits.answerMs).unref();
      socket.once('close', () => {
        clearTimeout(overdue);
        resolve();
      });
      // What else was sent is let go by; the connection closes when the other side does.
      socket.resume();
      socket.end(line, () => resolve());
      if (socket.destroyed) resolve();
    });
  }

  /** Resolves when all answers under way are written, or at the deadline. */
  #answered(): Promise<void> {
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, this.limits.closeMs);
      void Promise.all(this.#answering.values()).then(() => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }
}

/** The line of the answer; whatever is thrown becomes one too. Never rejects. */
async function answer(target: ControlTarget, read: () => Request): Promise<string> {
  try {
    return resultLine(await resultOf(target, read()));
  } catch (error) {
    return errorLine(error);
  }
}

function resultOf(
  target: ControlTarget,
  request: Request,
): Answers[Request['command']] | Promise<Answers[Request['command']]> {
  switch (request.command) {
    case 'status':
      return statusOf(target);
    case 'waits':
      return waitsOf(target);
    case 'why':
      return target.why(request.topic, request.partition);
    case 'scale':
      return target.scale(request.threads);
    case 'drain':
      return target.drain('faultline drain');
    case 'stop':
      return target.stop('faultline stop');
  }
}

function refused(message: string): EngineError {
  return new EngineError('E_CONTROL_LIMIT', message);
}
