/**
 * kafkajs's errors as coded ones: what is wrong with the brokers, in one sentence, and whether trying
 * again can help. The names are kafkajs's (src/errors.js), the types Kafka's protocol errors.
 */
import type { ErrorCode } from '../../model/errors.ts';
import { describe, EngineError } from '../../model/errors.ts';

/** Kafka's protocol errors that mean a right is missing. */
const FORBIDDEN = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
]);

/** Those that end this process's right to write or to commit: another has taken over. */
const FENCED = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'FENCED_INSTANCE_ID',
  'TRANSACTION_COORDINATOR_FENCED',
]);

/** What of an error of kafkajs is looked at. */
interface ClientError {
  readonly name: string;
  readonly message: string;
  readonly type: string;
  readonly code: string;
  /** The error that was tried again until there were no tries left. */
  readonly cause: unknown;
}

/** The coded error, with the client's own as its cause. An {@link EngineError} stays itself. */
export function kafkaFault(error: unknown, doing: string): EngineError {
  const root = rootOf(error);
  if (root instanceof EngineError) return root;
  const read = readError(root);
  const code = codeOf(read);
  return new EngineError(code, `${doing}: ${read.message}`, { cause: error });
}

/** The type of Kafka's protocol error that lies beneath, `''` where it is none. */
export function protocolError(error: unknown): string {
  return readError(rootOf(error)).type;
}

/** Whether the connection, not the request, failed. */
export function isConnectionFault(error: unknown): boolean {
  return kafkaFault(error, '').code === 'E_KAFKA_UNREACHABLE';
}

function codeOf({ name, type, message, code }: ClientError): ErrorCode {
  if (FORBIDDEN.has(type)) return 'E_KAFKA_FORBIDDEN';
  if (FENCED.has(type)) return 'E_FENCED';
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return 'E_KAFKA_TOPIC';
  if (
    name === 'KafkaJSSASLAuthenticationError' ||
    type === 'SASL_AUTHENTICATION_FAILED' ||
    type === 'UNSUPPORTED_SASL_MECHANISM'
  )
    return 'E_KAFKA_AUTH';
  if (name === 'KafkaJSServerDoesNotSupportApiKey' || type === 'UNSUPPORTED_VERSION')
    return 'E_KAFKA_VERSION';
  // Also in the middle of a handshake, which the message then tells of.
  if (NETWORK.has(code)) return 'E_KAFKA_UNREACHABLE';
  if (/certificate|self.signed|SSL|TLS|ssl3|handshake/.test(message)) return 'E_KAFKA_TLS';
  if (CONNECTION.has(name)) return 'E_KAFKA_UNREACHABLE';
  return 'E_KAFKA_FAILED';
}

/** What the system says of a connection that breaks or cannot be made: brokers that end or start do so at any moment. */
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

const CONNECTION = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
  'KafkaJSLockTimeout',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
]);

/** Wrappers name what they wrap: the innermost says what happened. */
function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 8; depth += 1) {
    const cause = root instanceof EngineError ? undefined : causeOf(root);
    if (cause === undefined) return root;
    root = cause;
  }
  return root;
}

function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  if ('originalError' in error && error.originalError instanceof Error) return error.originalError;
  return error.cause instanceof Error ? error.cause : undefined;
}

function readError(error: unknown): ClientError {
  const fields: Readonly<Record<string, unknown>> = error instanceof Error ? { ...error } : {};
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    name: error instanceof Error ? error.name : '',
    message: describe(error),
    type: text('type'),
    code: text('code'),
    cause: causeOf(error),
  };
}
