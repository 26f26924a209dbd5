/** JoinGroup: asks to take part in the group's next generation, and waits until all members have. */
import type { Broker, GroupMember } from '../internals.ts';
import { protocolRequest, versionOf } from './request.ts';

/** What a member joins with. */
export interface JoinRequest {
  readonly group: string;
  /** `''` the first time. */
  readonly memberId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Name of the way to deal partitions, and the member's subscription for it. */
  readonly protocol: string;
  readonly subscription: Buffer;
}

/** The generation that came of it. */
export interface Joined {
  /** Kafka's error code; 79 gives a first member its id, to join with again. */
  readonly error: number;
  readonly generation: number;
  readonly leader: string;
  readonly memberId: string;
  /** All of them for the leader, none for the others. */
  readonly members: readonly GroupMember[];
}

/** Both versions look alike; with 4 a new member is told its id before it counts as one. */
const API = { key: 11, name: 'JoinGroup', min: 3, max: 4 };

/** Asks the group's coordinator. */
export async function askJoin(broker: Broker, join: JoinRequest): Promise<Joined> {
  return broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: versionOf(API, broker),
      waitMs: join.rebalanceTimeoutMs,
      write: (writer) => {
        writer.string(join.group).int32(join.sessionTimeoutMs).int32(join.rebalanceTimeoutMs);
        writer.string(join.memberId);
        writer.string('consumer');
        writer.array([join], ({ protocol, subscription }) => writer.string(protocol).bytes(subscription));
      },
      read: (reader) => {
        const error = reader.int16();
        const generation = reader.int32();
        reader.nullableString(); // the protocol: there is one
        const leader = reader.string();
        const memberId = reader.string();
        const members = reader.array(() => ({ memberId: reader.string(), memberMetadata: reader.bytes() }));
        return { error, generation, leader, memberId, members };
      },
    }),
  );
}
