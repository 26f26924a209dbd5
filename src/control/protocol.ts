/**
 * What is said at the control socket: one request and one answer, each a line of JSON.
 *
 *     {"version":1,"command":"why","args":{"topic":"app-crash","partition":3}}
 *     {"ok":true,"result":[…]}   or   {"ok":false,"error":{"code":"E_…","message":"…","hint":"…"}}
 *
 * Pure. A request is validated in full; an answer is believed to have the shape that the version of
 * the protocol stands for, and rises with every change that an older reader would not understand.
 */
import { describe, EngineError, ERRORS, type ErrorCode } from '../model/errors.ts';
import type { IntakeStatus, WhyPartition } from '../model/status.ts';
import type { Backlog } from '../ports/source.ts';
import type { Ending, ProcessStatus, Scaled } from './target.ts';

/** Of the protocol, not of faultline. */
export const PROTOCOL_VERSION = 1;

/** Longest request, bytes. */
export const REQUEST_BYTES_MAX = 16_384;

/** Most threads that can be asked for. */
export const THREADS_MAX = 256;

/** A request, understood. `waits` asks what intake waits for and which partitions are held longest. */
export type Request =
  | { readonly command: 'status' | 'waits' | 'drain' | 'stop' }
  | { readonly command: 'why'; readonly topic: string; readonly partition: number }
  | { readonly command: 'scale'; readonly threads: number };

/** The answer to `status`. */
export type StatusAnswer = ProcessStatus & {
  /** What is still to be pulled, of each partition; `null`: not known. */
  readonly backlog: readonly Backlog[] | null;
};

/** The answer to `waits`. */
export interface WaitsAnswer {
  readonly state: ProcessStatus['state'];
  readonly intake: readonly IntakeStatus[];
  readonly obstacles?: ProcessStatus['obstacles'];
  /** Partitions with a delivery that is unfinished. */
  readonly held: number;
  /** Those of them that are held longest, longest first. */
  readonly longest: readonly WhyPartition[];
}

/** What each command is answered with. */
export interface Answers {
  readonly status: StatusAnswer;
  readonly waits: WaitsAnswer;
  readonly why: readonly WhyPartition[];
  readonly scale: Scaled;
  readonly drain: Ending;
  readonly stop: Ending;
}

/** A request as a line. */
export function requestLine({ command, ...args }: Request): string {
  return `${JSON.stringify({ version: PROTOCOL_VERSION, command, args })}\n`;
}

/** A good answer as a line. */
export function resultLine(result: unknown): string {
  return `${JSON.stringify({ ok: true, result })}\n`;
}

/** Whatever was thrown as a line; what has no code of its own is `E_CONTROL_FAILED`. */
export function errorLine(error: unknown): string {
  const { code, message, hint } =
    error instanceof EngineError ? error : new EngineError('E_CONTROL_FAILED', describe(error));
  return `${JSON.stringify({ ok: false, error: { code, message, hint } })}\n`;
}

/** The request in a line. Throws `E_CONTROL_REQUEST`. */
export function readRequest(line: string): Request {
  const request = parse(line);
  if (!isObject(request)) throw misunderstood('a request is a JSON object on one line');
  const { version, command, args = {} } = request;
  if (version !== PROTOCOL_VERSION) {
    throw misunderstood(
      `this process speaks version ${PROTOCOL_VERSION} of the protocol, not ${shown(version)}`,
    );
  }
  if (!isObject(args)) throw misunderstood('args is a JSON object');
  switch (command) {
    case 'status':
    case 'waits':
    case 'drain':
    case 'stop':
      return { command };
    case 'why':
      return { command, ...readPlace(args) };
    case 'scale':
      return { command, threads: readThreads(args) };
    default:
      throw misunderstood(`there is no command ${shown(command)}`);
  }
}

/** The result in an answer's line. Throws the error that it holds, or `E_CONTROL_LOST` for what is no answer. */
export function readAnswer(line: string): unknown {
  const answer = parse(line);
  if (isObject(answer) && answer['ok'] === true) return answer['result'];
  if (isObject(answer) && answer['ok'] === false && isObject(answer['error']))
    throw readError(answer['error']);
  throw new EngineError('E_CONTROL_LOST', `what answers there is no faultline: ${shown(line)}`, {
    hint: 'Look at what listens at that path (`ss -lxp`).',
  });
}

/** A code that this version does not know comes from a newer one. */
function readError({ code, message, hint }: Readonly<Record<string, unknown>>): EngineError {
  const known = typeof code === 'string' && Object.hasOwn(ERRORS, code);
  return new EngineError(
    known ? (code as ErrorCode) : 'E_CONTROL_FAILED',
    typeof message === 'string' ? message : undefined,
    typeof hint === 'string' ? { hint } : {},
  );
}

function readPlace({ topic, partition }: Readonly<Record<string, unknown>>): {
  topic: string;
  partition: number;
} {
  if (typeof topic !== 'string' || topic === '') throw misunderstood('why needs args.topic, a text');
  if (!isWhole(partition) || partition < 0) throw misunderstood('why needs args.partition, a whole number');
  return { topic, partition };
}

function readThreads({ threads }: Readonly<Record<string, unknown>>): number {
  if (isWhole(threads) && threads >= 1 && threads <= THREADS_MAX) return threads;
  throw misunderstood(`scale needs args.threads, a whole number from 1 to ${THREADS_MAX}`);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function misunderstood(message: string): EngineError {
  return new EngineError('E_CONTROL_REQUEST', message);
}

/** What was said, short. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}
