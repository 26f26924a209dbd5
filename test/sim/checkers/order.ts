/**
 * Order in a key, twice: in the sink, findings appear for the first time in the order of their
 * offsets; at the pool, no delivery is tried before the earlier ones of its key are settled.
 */
import type { Batch, BatchItem, DeliveryResult } from '../../../src/model/batch.ts';
import type { MakeChecker } from '../checkers.ts';
import type { HandOut } from '../hand-out.ts';
import type { Output } from '../ledger.ts';
import { DEAD_LETTER } from '../hand-out.ts';

/** The deliveries of one key in one epoch of a partition, up to what is settled. */
interface Chain {
  readonly epoch: number;
  readonly links: HandOut[];
  settled: number;
}

export const orderRules: MakeChecker = (ledger, violate) => {
  /** Per partition and key: offset and number of the last finding that appeared for the first time. */
  const appeared = new Map<string, { offset: number; number: number }>();
  const written = new Set<string>();
  const chains = new Map<string, Chain>();
  const chainOf = new Map<HandOut, Chain>();

  function link(handOut: HandOut): void {
    const { partition, state } = handOut;
    if (state.order === null || handOut.noted !== 'no') return;
    const name = `${partition.name} ${state.order}`;
    let chain = chains.get(name);
    if (chain === undefined || chain.epoch !== partition.epoch) {
      chain = { epoch: partition.epoch, links: [], settled: 0 };
      chains.set(name, chain);
    }
    chain.links.push(handOut);
    chainOf.set(handOut, chain);
  }

  function checkDispatch(batch: Batch): void {
    const begun = new Map<Chain, number>();
    for (const { delivery } of batch.items) {
      const handOut = ledger.handOut(delivery);
      const chain = handOut === undefined ? undefined : chainOf.get(handOut);
      if (handOut === undefined || chain === undefined) continue;
      const next = chain.settled + (begun.get(chain) ?? 0);
      begun.set(chain, next - chain.settled + 1);
      const expected = chain.links[next];
      if (expected !== handOut) {
        const what = `${handOut.state.record.id} in batch ${batch.id}, expected ${expected?.state.record.id ?? 'none'}`;
        violate('a key is tried in order', what);
      }
    }
  }

  function settle(batch: Batch, results: readonly DeliveryResult[]): void {
    for (const [index, item] of batch.items.entries()) {
      const handOut = ledger.handOut(item.delivery);
      const chain = handOut === undefined ? undefined : chainOf.get(handOut);
      const result = results[index];
      if (handOut === undefined || chain === undefined || result === undefined) continue;
      if (chain.links[chain.settled] === handOut && isSettled(handOut, item, result)) chain.settled += 1;
    }
  }

  function checkAppearance({ state, number }: Output): void {
    const { record, task, order } = state;
    const { topic, partition, offset } = record.delivery;
    const id = `${task.name} ${record.id} ${number}`;
    if (order === null || number === DEAD_LETTER || written.has(id)) return;
    written.add(id);
    const name = `${task.name} ${topic}/${partition} ${order}`;
    const last = appeared.get(name);
    appeared.set(name, { offset, number });
    if (last !== undefined && (last.offset > offset || (last.offset === offset && last.number > number))) {
      violate(
        'findings of a key appear in order',
        `${id} after offset ${last.offset}, finding ${last.number}`,
      );
    }
  }

  return {
    see(fact) {
      if (fact.type === 'handed-out') {
        for (const delivery of fact.deliveries) {
          const handOut = ledger.handOut(delivery);
          if (handOut !== undefined) link(handOut);
        }
      } else if (fact.type === 'dispatched') checkDispatch(fact.batch);
      else if (fact.type === 'returned') settle(fact.batch, fact.results);
      else if (fact.type === 'written') {
        const output = ledger.output(fact.publication);
        if (output !== null) checkAppearance(output);
      }
    },
  };
};

/** Whether the engine may go on with the key after this result. */
function isSettled(handOut: HandOut, item: BatchItem, result: DeliveryResult): boolean {
  switch (result.status) {
    case 'done':
      return true;
    case 'failed':
      return !result.fault.retriable || item.attempt > handOut.state.retriesMax;
    case 'suspect':
      return handOut.suspicions > 1;
    case 'requeue':
    case 'unprocessed':
      return false;
  }
}
