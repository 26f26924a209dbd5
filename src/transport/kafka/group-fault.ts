/** Errors of the group protocol as coded ones: what keeps a process out of its group, in a sentence. */
import { EngineError } from '../../model/errors.ts';
import { kafkaFault, protocolError } from './faults.ts';

/** Those that trying again does not cure. */
const REFUSED: Readonly<Record<string, string>> = {
  INCONSISTENT_GROUP_PROTOCOL: 'it has members that deal partitions in another way',
  INVALID_GROUP_ID: 'the brokers do not take its name',
  INVALID_SESSION_TIMEOUT: 'the brokers do not allow the session timeout',
  GROUP_MAX_SIZE_REACHED: 'it has as many members as the brokers allow',
};

/** Those of moments in which the group deals partitions: joining again is all there is to do. */
const DEALING = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION']);

/** Whether it only says that the group deals partitions anew. */
export function isDealing(error: unknown): boolean {
  return DEALING.has(protocolError(error));
}

/** The coded error, with the client's own as its cause. */
export function groupFault(error: unknown, group: string): EngineError {
  const why = REFUSED[protocolError(error)];
  if (why !== undefined) return new EngineError('E_KAFKA_GROUP', `group ${group}: ${why}`, { cause: error });
  return kafkaFault(error, `reading for group ${group}`);
}
