/**
 * What a broker's answer to a batch means, code by code.
 *
 * The rule: for good is refused only what is a record's own fault (its size, its time, what the broker
 * checks of it). All else is the state of the cluster, a missing topic or right included: it may be
 * mended, so the records stay, and are tried again.
 */
import { EngineError } from '../../model/errors.ts';
import { kafkaFault } from './faults.ts';
import { errorOfCode } from './internals.ts';

/**
 * - `written`: for good.
 * - `again`: not written by this request; the same bytes again.
 * - `doubtful`: perhaps written; the same bytes again.
 * - `divide`: one of its records is refused for good.
 * - `producer`: not written, and nothing more is from this producer session.
 * - `stop`: not written, and nothing will be before somebody has mended it.
 */
export type Verdict = 'written' | 'again' | 'doubtful' | 'divide' | 'producer' | 'stop';

const VERDICTS: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [0, 'written'],
  // DUPLICATE_SEQUENCE_NUMBER: by an earlier sending of the same bytes.
  [46, 'written'],
  // CORRUPT_MESSAGE, UNKNOWN_TOPIC_OR_PARTITION (of a replica that has moved), LEADER_NOT_AVAILABLE, NOT_LEADER.
  [2, 'again'],
  [3, 'again'],
  [5, 'again'],
  [6, 'again'],
  // NOT_ENOUGH_REPLICAS, KAFKA_STORAGE_ERROR, FENCED_LEADER_EPOCH, THROTTLING_QUOTA_EXCEEDED.
  [19, 'again'],
  [56, 'again'],
  [74, 'again'],
  [89, 'again'],
  // MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_TIMESTAMP, INVALID_RECORD.
  [10, 'divide'],
  [18, 'divide'],
  [32, 'divide'],
  [87, 'divide'],
  // OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING,
  // UNKNOWN_PRODUCER_ID, PRODUCER_FENCED, TRANSACTION_ABORTABLE.
  [45, 'producer'],
  [47, 'producer'],
  [48, 'producer'],
  [49, 'producer'],
  [59, 'producer'],
  [90, 'producer'],
  [120, 'producer'],
  // INVALID_TOPIC_EXCEPTION, TOPIC_, CLUSTER_ and TRANSACTIONAL_ID_AUTHORIZATION_FAILED, UNSUPPORTED_VERSION,
  // UNSUPPORTED_FOR_MESSAGE_FORMAT, UNSUPPORTED_COMPRESSION_TYPE.
  [17, 'stop'],
  [29, 'stop'],
  [31, 'stop'],
  [53, 'stop'],
  [35, 'stop'],
  [43, 'stop'],
  [76, 'stop'],
]);

/** REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND and whatever is not in the table may hide a write. */
export function verdictOf(code: number): Verdict {
  return VERDICTS.get(code) ?? 'doubtful';
}

/** The coded error of a code of the protocol, in Kafka's own words. */
export function faultOfCode(code: number, doing: string): EngineError {
  return kafkaFault(errorOfCode(code), doing);
}

/** The same, to be tried again whatever its code says. */
export function forNow(fault: EngineError): EngineError {
  if (fault.retriable) return fault;
  const { code, message, hint, details, cause } = fault;
  return new EngineError(code, message, { cause, hint, details, retriable: true });
}

const MESSAGE_TOO_LARGE = 10;
const RECORD_LIST_TOO_LARGE = 18;

/** Whether a batch was refused for its size. */
export function isTooLarge(code: number): boolean {
  return code === MESSAGE_TOO_LARGE || code === RECORD_LIST_TOO_LARGE;
}

/** What becomes of the one record of a batch that is refused. */
export function refusalOf(code: number, topic: string): EngineError {
  const { message } = faultOfCode(code, `a record for topic ${topic} was refused`);
  return new EngineError(isTooLarge(code) ? 'E_RECORD_TOO_LARGE' : 'E_SINK_REJECTED', message, {
    details: { topic },
  });
}
