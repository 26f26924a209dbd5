/**
 * Asks a running process at its control socket: one connection, one request, one answer.
 *
 * Everything that can be in the way has a code of its own: nobody there, no answer in time, an end in
 * the middle; what the process itself refuses is thrown as it threw it.
 */
import { createConnection, type Socket } from 'node:net';
import { describe, EngineError } from '../model/errors.ts';
import { readLine } from './line.ts';
import type { Answers, Request } from './protocol.ts';
import { readAnswer, requestLine } from './protocol.ts';
import { socketAddress } from './socket-path.ts';

/** Where to ask, and how long to wait. */
export interface AskOptions {
  readonly path: string;
  /** For connecting and for the answer, each; `null`: for as long as the process lives. */
  readonly timeoutMs: number | null;
  /** Gives up: the connection ends, and what was asked for is not heard of any more. */
  readonly signal?: AbortSignal;
}

/** Longest answer, bytes: a partition takes about 250. */
const ANSWER_BYTES_MAX = 67_108_864;

/**
 * Sends a request and resolves to its answer. Rejects with `E_CONTROL_PATH`, `E_CONTROL_NONE`,
 * `E_CONTROL_TIMEOUT`, `E_CONTROL_LOST`, and as the process answers.
 */
export async function askControl<const Asked extends Request>(
  request: Asked,
  options: AskOptions,
): Promise<Answers[Asked['command']]> {
  const socket = await connect(options);
  const giveUp = (): void => void socket.destroy();
  options.signal?.addEventListener('abort', giveUp);
  try {
    socket.write(requestLine(request));
    // The version of the protocol, which the process has accepted, stands for the shape.
    return readAnswer(await answerOf(socket, options)) as Answers[Asked['command']];
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
    socket.destroy();
  }
}

async function answerOf(socket: Socket, { path, timeoutMs }: AskOptions): Promise<string> {
  const end = await readLine(socket, { bytesMax: ANSWER_BYTES_MAX, timeoutMs });
  switch (end.type) {
    case 'line':
      return end.text;
    case 'late':
      throw silent(path, timeoutMs);
    case 'too-long':
      throw new EngineError(
        'E_CONTROL_LOST',
        `the answer at ${path} has more than ${ANSWER_BYTES_MAX} bytes`,
      );
    case 'closed':
      throw new EngineError('E_CONTROL_LOST', `the connection to ${path} ended without a whole answer`, {
        cause: end.error,
      });
  }
}

function connect({ path, timeoutMs }: AskOptions): Promise<Socket> {
  const address = socketAddress(path);
  return new Promise((resolve, reject) => {
    const socket = createConnection(address);
    const timer = timeoutMs === null ? undefined : setTimeout(onLate, timeoutMs);
    socket.once('connect', onConnect).once('error', onError);

    function onConnect(): void {
      clearTimeout(timer);
      socket.off('error', onError);
      // What goes wrong from now on is seen where the answer is read.
      socket.on('error', () => undefined);
      resolve(socket);
    }
    function onError(error: NodeJS.ErrnoException): void {
      clearTimeout(timer);
      reject(unreachable(path, error));
    }
    function onLate(): void {
      socket.destroy();
      reject(silent(path, timeoutMs));
    }
  });
}

function silent(path: string, timeoutMs: number | null): EngineError {
  return new EngineError(
    'E_CONTROL_TIMEOUT',
    `the process at ${path} does not answer within ${timeoutMs} ms`,
  );
}

/** One sentence for each usual reason. */
function unreachable(path: string, cause: NodeJS.ErrnoException): EngineError {
  switch (cause.code) {
    case 'ENOENT':
      return new EngineError('E_CONTROL_NONE', `nothing runs there: no control socket at ${path}`, { cause });
    case 'ECONNREFUSED':
      return new EngineError('E_CONTROL_NONE', `nothing runs there: nobody listens at ${path}`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new EngineError('E_CONTROL_NONE', `this user may not use the control socket at ${path}`, {
        cause,
        hint: 'Ask as the user that started the process; the socket is for nobody else.',
      });
    case 'EAGAIN':
      return new EngineError('E_CONTROL_TIMEOUT', `the process at ${path} takes no more connections`, {
        cause,
      });
    default:
      return new EngineError('E_CONTROL_NONE', `${path} cannot be connected to: ${describe(cause)}`, {
        cause,
      });
  }
}
