/** DescribeGroups: who is in a group, and what this client may do with it (KIP-430). */
import type { Broker } from '../internals.ts';
import type { Reader } from './reader.ts';
import { protocolRequest, versionOf } from './request.ts';
import type { Partitions } from './subscription.ts';
import { decodeAssignment } from './subscription.ts';

/** A member that is there now. */
export interface DescribedMember {
  readonly id: string;
  readonly client: string;
  readonly host: string;
  /** What was dealt to it; nothing while the group deals, or where that is in other words than a consumer's. */
  readonly reads: Partitions;
}

/** What the coordinator tells. */
export interface GroupDescription {
  /** Kafka's error code, 0 for none. */
  readonly error: number;
  /** `Empty`, `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Dead` where there is no such group. */
  readonly state: string;
  readonly members: readonly DescribedMember[];
  /** Bits by Kafka's numbers of operations; `null` where the broker does not tell. */
  readonly operations: number | null;
}

const API = { key: 15, name: 'DescribeGroups', min: 1, max: 3 };
/** From Kafka 2.3 on it tells of operations. */
const TELLS_OPERATIONS = 3;
const CONSUMERS = 'consumer';
/** How the coordinator ends a member's id. */
const UUID_END = /-([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const UNKNOWN_OPERATIONS = -2_147_483_648;

/** Asks the group's coordinator. */
export async function askGroup(broker: Broker, group: string): Promise<GroupDescription> {
  const version = versionOf(API, broker);
  const tells = version >= TELLS_OPERATIONS;
  const [described] = await broker.connectionPool.send(
    protocolRequest({
      api: API,
      version,
      write: (writer) => {
        writer.array([group], (name) => writer.string(name));
        if (tells) writer.int8(1);
      },
      read: (reader) => reader.array(() => readGroup(reader, tells)),
    }),
  );
  return described ?? { error: 0, state: 'Dead', members: [], operations: null };
}

/** A member for people to read: its id, of whose random part a piece is enough, and where it runs. */
export function nameOf({ id, host }: Pick<DescribedMember, 'id' | 'host'>): string {
  return `${id.replace(UUID_END, '-$1')} at ${host.replace('/', '')}`;
}

/** Decodes one group of the answer. */
export function readGroup(reader: Reader, tells: boolean): GroupDescription {
  const error = reader.int16();
  reader.string(); // the group
  const state = reader.string();
  const kind = reader.string();
  reader.string(); // the assigner
  const members = reader.array(() => {
    const member = { id: reader.string(), client: reader.string(), host: reader.string() };
    reader.bytes(); // subscription
    const assignment = reader.bytes();
    return { ...member, reads: kind === CONSUMERS ? readsOf(assignment) : new Map() };
  });
  const operations = tells ? reader.int32() : UNKNOWN_OPERATIONS;
  return { error, state, members, operations: operations === UNKNOWN_OPERATIONS ? null : operations };
}

/** What other clients write here is theirs to choose. */
function readsOf(assignment: Buffer): Partitions {
  try {
    return decodeAssignment(assignment);
  } catch (error) {
    if (error instanceof RangeError) return new Map();
    throw error;
  }
}
