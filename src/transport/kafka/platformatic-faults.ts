/**
 * What the errors of `@platformatic/kafka` say: whether a batch is written, whether it still can be,
 * and the coded error. Pure; the codes and names are those of its `dist/errors.js`.
 *
 * Its errors nest: one for the call, in it one for each broker, in it one for each try, and in the
 * answer of a broker one for each partition.
 */
import type { ErrorCode } from '../../model/errors.ts';
import { describe, EngineError } from '../../model/errors.ts';
import { faultOfCode, verdictOf } from './verdict.ts';

/** The errors of all tries, in order: each is no group of others, or a broker's answer with its errors. */
export function triesOf(error: unknown): readonly unknown[] {
  if (!(error instanceof AggregateError) || answerOf(error) !== null) return [error];
  return error.errors.flatMap(triesOf);
}

/** The code that a broker's answer holds for a partition; `null` where this is no answer with one. */
export function codeFor(error: unknown, partition: number): number | null {
  const codes = answerOf(error)?.flatMap((topic) => fieldsOf(topic, 'partitionResponses'));
  const answer = codes?.find((each) => field(each, 'index') === partition);
  const code = field(answer, 'errorCode');
  return typeof code === 'number' ? code : null;
}

/** Errors after which nothing can have been written: there was no connection to send anything on. */
const UNSENT =
  /^(Connection to |Cannot |Connection ready |Connection closed while waiting|Connection pool |Client )/;

/** Whether a try may have been written, or may be yet, though nobody said so. */
export function isDoubtful(error: unknown): boolean {
  if (answerOf(error) !== null)
    return triesIn(error).some((each) => DOUBTFUL.has(Number(field(each, 'apiCode'))));
  if (error instanceof AggregateError) return error.errors.some(isDoubtful);
  return field(error, 'code') === 'PLT_KFK_NETWORK' && !UNSENT.test(describe(error));
}

/** UNKNOWN_SERVER_ERROR, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND. */
const DOUBTFUL = new Set([-1, 7, 20]);
const UNKNOWN_TOPIC = 3;

/** The coded error of the last thing that went wrong. */
export function platformaticFault(error: unknown, doing: string): EngineError {
  if (error instanceof EngineError) return error;
  // A client that is closed adds that to the reason why.
  const tries = triesOf(error).flatMap(triesIn);
  const last = tries.findLast((each) => !describe(each).startsWith('Client closed ')) ?? error;
  const root = rootOf(last);
  if (root instanceof EngineError) return root;
  const apiCode = field(last, 'apiCode') ?? field(root, 'apiCode');
  if (typeof apiCode === 'number') return faultOfCode(apiCode, doing);
  const message = root === last ? describe(last) : `${describe(last)} ${describe(root)}`;
  return new EngineError(codeOf(last, root, message), `${doing}: ${message}`, { cause: error });
}

function codeOf(last: unknown, root: unknown, message: string): ErrorCode {
  if (field(root, 'code') === 'PLT_KFK_AUTHENTICATION') return 'E_KAFKA_AUTH';
  if (field(last, 'code') === 'PLT_KFK_UNSUPPORTED_API') return 'E_KAFKA_VERSION';
  // Also in the middle of a handshake, which the message then tells of.
  if (NETWORK.has(String(field(root, 'code')))) return 'E_KAFKA_UNREACHABLE';
  if (/certificate|self.signed|SSL|TLS|ssl3|handshake/.test(message)) return 'E_KAFKA_TLS';
  return field(last, 'code') === 'PLT_KFK_NETWORK' ? 'E_KAFKA_UNREACHABLE' : 'E_KAFKA_FAILED';
}

/** Node's errors of a network that lets nothing through. */
const NETWORK = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** The code that keeps a topic from being written to until somebody mends it; `null`: asking again may help. */
export function topicCode(error: unknown): number | null {
  const tries = triesIn(error);
  // This alone comes as a sentence, without its code.
  if (tries.some((each) => describe(each).startsWith('Unknown topic '))) return UNKNOWN_TOPIC;
  const codes = tries.map((each) => Number(field(each, 'apiCode') ?? 0));
  return codes.find((code) => verdictOf(code) === 'stop') ?? null;
}

/** Whether a try went to a broker that does not lead its partition. */
export function hasOldLeaders(error: unknown): boolean {
  return triesIn(error).some((each) => field(each, 'hasStaleMetadata') === true);
}

/** The topics of a broker's answer to Produce, which its error carries along. */
function answerOf(error: unknown): readonly unknown[] | null {
  const response = field(error, 'response');
  return response === undefined ? null : fieldsOf(response, 'responses');
}

function triesIn(error: unknown): readonly unknown[] {
  return error instanceof AggregateError ? error.errors.flatMap(triesIn) : [error];
}

/** Network and login errors name their cause: the innermost says what happened. */
function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 8; depth += 1) {
    if (!(root instanceof Error) || root instanceof EngineError) return root;
    const inner: unknown = root instanceof AggregateError ? root.errors[0] : root.cause;
    if (!(inner instanceof Error)) return root;
    root = inner;
  }
  return root;
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null && name in of
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

function fieldsOf(of: unknown, name: string): readonly unknown[] {
  const list = field(of, name);
  return Array.isArray(list) ? list : [];
}
