/**
 * What the leader of a group does with the subscriptions of all members: it deals the partitions, and
 * holds back what another member has not let go of yet (cooperative rebalance, KIP-429).
 *
 * A member that misses a partition which it has lets go of it and joins again; only then it is dealt
 * out. So nobody stops reading what stays with it.
 */
import { assign } from './assigner.ts';
import type { GroupMember } from './internals.ts';
import { placeOf } from './places.ts';
import type { Partitions, Subscription } from './protocol/subscription.ts';
import { decodeSubscription } from './protocol/subscription.ts';

interface Claimant extends Subscription {
  readonly id: string;
}

/** What each member is told. `partitions`: how many each topic of the cluster has. */
export function deal(
  members: readonly GroupMember[],
  partitions: ReadonlyMap<string, number>,
): ReadonlyMap<string, Partitions> {
  const claimants = members.map(({ memberId, memberMetadata }) => ({
    id: memberId,
    ...decodeSubscription(memberMetadata),
  }));
  const owners = ownersOf(claimants);
  const candidates = claimants.map(({ id, topics, owned }) => ({
    id,
    topics,
    owned: only(owned, (topic, number) => owners.get(placeOf({ topic, partition: number })) === id),
  }));
  const dealt = [...assign(candidates, partitions)].map(([id, given]): [string, Partitions] => [
    id,
    only(given, (topic, number) => (owners.get(placeOf({ topic, partition: number })) ?? id) === id),
  ]);
  return new Map(dealt);
}

/** Who has a partition: of two that say so, the one that got it later. */
function ownersOf(claimants: readonly Claimant[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { id, owned } of claimants.toSorted((a, b) => a.generation - b.generation))
    for (const [topic, numbers] of owned)
      for (const number of numbers) owners.set(placeOf({ topic, partition: number }), id);
  return owners;
}

function only(partitions: Partitions, keep: (topic: string, number: number) => boolean): Partitions {
  return new Map(
    [...partitions].map(([topic, numbers]) => [topic, numbers.filter((number) => keep(topic, number))]),
  );
}
