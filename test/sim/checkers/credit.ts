/** Bounds of intake: credit in deliveries and bytes, and how far a partition is read ahead. */
import type { Delivery } from '../../../src/model/delivery.ts';
import type { Checker, MakeChecker } from '../checkers.ts';
import type { PartitionState } from '../partition-state.ts';

/** The rules of intake. */
export const creditRules: MakeChecker = (ledger, violate): Checker => {
  const { limits } = ledger.plan;

  /** One delivery of each group's pull may exceed the bytes, so that a large one is not stuck for ever. */
  function checkCredit(): void {
    const { inFlight, inFlightBytes, plan } = ledger;
    if (inFlight.size > limits.creditDeliveries) {
      violate('deliveries in flight are bounded', `${inFlight.size} of ${limits.creditDeliveries}`);
    }
    if (inFlightBytes <= limits.creditBytes) return;
    const sizes = [...inFlight].map(({ bytes }) => bytes).toSorted((a, b) => b - a);
    const larger = sizes.slice(0, plan.groups.length).reduce((sum, bytes) => sum + bytes, 0);
    if (inFlightBytes - larger > limits.creditBytes) {
      violate('bytes in flight are bounded', `${inFlightBytes} of ${limits.creditBytes}`);
    }
  }

  /** A partition that was at its bound before this pull must have been paused. */
  function checkAhead(deliveries: readonly Delivery[]): void {
    const pulled = new Map<PartitionState, number>();
    for (const delivery of deliveries) {
      const partition = ledger.handOut(delivery)?.partition;
      if (partition !== undefined) pulled.set(partition, (pulled.get(partition) ?? 0) + 1);
    }
    for (const [partition, count] of pulled) {
      if (partition.uncommitted - count >= limits.aheadMax) {
        violate(
          'a partition is read ahead within its bound',
          `${partition.name}: ${partition.uncommitted - count}`,
        );
      }
    }
  }

  return {
    see(fact) {
      if (fact.type === 'pull-asked' && fact.limit.deliveriesMax > limits.pullDeliveriesMax) {
        violate('pulls are bounded', `${fact.limit.deliveriesMax} deliveries asked for`);
      }
      if (fact.type !== 'handed-out') return;
      checkCredit();
      checkAhead(fact.deliveries);
    },
    afterEvent({ inFlight }) {
      if (inFlight > limits.creditDeliveries)
        violate('deliveries in flight are bounded', `engine says ${inFlight}`);
    },
  };
};
