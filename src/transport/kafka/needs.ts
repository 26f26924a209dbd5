/**
 * What brokers have to speak: kafkajs never looks whether they do, and fails later with words that say
 * nothing. The versions are those of kafkajs 2.2.4 and of ./protocol.
 */
import { EngineError } from '../../model/errors.ts';
import type { Broker } from './internals.ts';

/** One request of the protocol, the versions of it that are spoken here, and what it is for. */
interface Need {
  readonly name: string;
  readonly key: number;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}

const NEEDS: readonly Need[] = [
  { name: 'Produce', key: 0, min: 7, max: 7, why: 'to write findings with headers' },
  { name: 'Fetch', key: 1, min: 10, max: 10, why: 'to read records of every compression' },
  { name: 'ListOffsets', key: 2, min: 2, max: 3, why: 'to find the ends of partitions' },
  { name: 'Metadata', key: 3, min: 4, max: 4, why: 'to find topics without making them' },
  { name: 'OffsetCommit', key: 8, min: 2, max: 5, why: 'to commit' },
  { name: 'OffsetFetch', key: 9, min: 5, max: 7, why: 'to go on where the group stood' },
  { name: 'FindCoordinator', key: 10, min: 1, max: 2, why: 'to find who keeps the group' },
  { name: 'JoinGroup', key: 11, min: 3, max: 4, why: 'to share partitions with other processes' },
  { name: 'Heartbeat', key: 12, min: 0, max: 3, why: 'to stay in the group' },
  { name: 'LeaveGroup', key: 13, min: 0, max: 3, why: 'to hand partitions over at the end' },
  { name: 'SyncGroup', key: 14, min: 0, max: 3, why: 'to learn which partitions to read' },
  { name: 'InitProducerId', key: 22, min: 1, max: 1, why: 'to write nothing twice' },
];

const TRANSACTION_NEEDS: readonly Need[] = [
  { name: 'InitProducerId', key: 22, min: 3, max: 4, why: 'for exactly once (Kafka 2.5 and newer)' },
  { name: 'AddPartitionsToTxn', key: 24, min: 1, max: 1, why: 'for exactly once' },
  { name: 'AddOffsetsToTxn', key: 25, min: 1, max: 1, why: 'for exactly once' },
  { name: 'EndTxn', key: 26, min: 1, max: 1, why: 'for exactly once' },
  { name: 'TxnOffsetCommit', key: 28, min: 1, max: 1, why: 'for exactly once' },
];

/** `E_KAFKA_VERSION`, which names each request that is missing or too old or too new; `null` where nothing is. */
export function missingVersions(
  versions: Broker['versions'],
  { exactlyOnce }: { readonly exactlyOnce: boolean },
): EngineError | null {
  const missing = [...NEEDS, ...(exactlyOnce ? TRANSACTION_NEEDS : [])].flatMap((need) => {
    const spoken = versions?.[need.key];
    const isSpoken = spoken !== undefined && spoken.maxVersion >= need.min && spoken.minVersion <= need.max;
    return isSpoken ? [] : [`${need.name} ${range(need.min, need.max)} ${need.why} (${said(spoken)})`];
  });
  if (missing.length === 0) return null;
  return new EngineError('E_KAFKA_VERSION', `the brokers do not speak ${missing.join(', ')}`);
}

function said(spoken: { readonly minVersion: number; readonly maxVersion: number } | undefined): string {
  return spoken === undefined
    ? 'they speak nothing of it'
    : `they speak ${range(spoken.minVersion, spoken.maxVersion)}`;
}

function range(min: number, max: number): string {
  return min === max ? `version ${min}` : `versions ${min} to ${max}`;
}
