/** Batches: within their limits, at most two a slot, no key in two of them, suspects alone, no stale work. */
import type { Batch } from '../../../src/model/batch.ts';
import type { Delivery } from '../../../src/model/delivery.ts';
import type { Checker, MakeChecker } from '../checkers.ts';

const BATCHES_PER_SLOT_MAX = 2;

/** The rules of what crosses the thread border. */
export const batchRules: MakeChecker = (ledger, violate): Checker => {
  const bySlot = new Map<number, Batch[]>();
  /** Task and key, or the delivery itself when it has no key, by the batch that holds it. */
  const holders = new Map<string | Delivery, Batch>();
  const orders = new Map<string, number>();
  let lastId = 0;
  let slots = 0;
  let resizing = false;

  function holdings(batch: Batch): (string | Delivery)[] {
    return batch.items.map(({ task, delivery }) => {
      const order = ledger.handOut(delivery)?.state.order ?? null;
      return order === null ? delivery : `${task} ${order}`;
    });
  }

  function checkLimits(batch: Batch): void {
    const { batchDeliveriesMax, batchBytesMax } = ledger.plan.limits;
    const sizes = batch.items.map(({ delivery }) => ledger.handOut(delivery)?.bytes ?? 0);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (batch.items.length === 0) violate('a batch holds something', `batch ${batch.id}`);
    if (batch.items.length > batchDeliveriesMax) violate('batches are bounded by count', `batch ${batch.id}`);
    if (bytes - (sizes.at(-1) ?? 0) >= batchBytesMax)
      violate('batches are bounded by bytes', `batch ${batch.id}`);
    if (batch.id <= lastId) violate('batch ids rise', `${batch.id} after ${lastId}`);
    lastId = batch.id;
  }

  function checkItems(batch: Batch): void {
    for (const { delivery, attempt } of batch.items) {
      const handOut = ledger.handOut(delivery);
      const name = `${delivery.topic}/${delivery.partition}@${delivery.offset} in batch ${batch.id}`;
      if (handOut === undefined) {
        violate('what is dispatched was handed out', name);
        continue;
      }
      const { partition } = handOut;
      if (!partition.owned || partition.leaving)
        violate('only partitions that are ours are dispatched', name);
      if (handOut.epoch !== partition.epoch) violate('only the present epoch is dispatched', name);
      if (handOut.finished) violate('what is finished is not tried again', name);
      if (handOut.noted === 'surely') violate('what was noted as finished is not done again', name);
      if (attempt < 1 || attempt > handOut.tries + 1)
        violate('attempts count tries', `${name}: attempt ${attempt}`);
      if (handOut.suspicions > 0 && batch.items.length > 1) violate('a suspect runs alone', name);
    }
  }

  /** The engine's number for what stays in order is one for each key or field. */
  function checkOrders(batch: Batch): void {
    for (const { task, delivery, order } of batch.items) {
      const name = ledger.handOut(delivery)?.state.order ?? null;
      if (order < 0 !== (name === null)) violate('what has a key has an order', `${order}`);
      if (name === null) continue;
      const known = orders.get(`${task} ${name}`) ?? order;
      if (known !== order) violate('a key has one order', `${name}: ${known} and ${order}`);
      orders.set(`${task} ${name}`, order);
    }
  }

  function begin(slot: number, batch: Batch): void {
    const batches = bySlot.get(slot) ?? [];
    bySlot.set(slot, [...batches, batch]);
    if (slot < 0 || slot >= slots) violate('batches go to slots of the pool', `slot ${slot}`);
    if (batches.length >= BATCHES_PER_SLOT_MAX) violate('a slot has at most two batches', `slot ${slot}`);
    for (const holding of holdings(batch)) {
      const holder = holders.get(holding);
      if (holder !== undefined && holder !== batch) {
        violate('a key is in one batch at a time', `batches ${holder.id} and ${batch.id}`);
      }
      holders.set(holding, batch);
    }
  }

  function end(slot: number, batch: Batch): void {
    bySlot.set(
      slot,
      (bySlot.get(slot) ?? []).filter((other) => other !== batch),
    );
    for (const holding of holdings(batch)) if (holders.get(holding) === batch) holders.delete(holding);
  }

  /** Of the pool: never two at a time, and a slot that goes has nothing in hand. */
  function resize(to: number): void {
    if (resizing) violate('one resize at a time', `to ${to}`);
    if (to < 1) violate('a pool has a slot', `${to}`);
    for (const [slot, batches] of bySlot) {
      if (slot >= to && batches.length > 0) violate('a slot that goes has nothing in hand', `slot ${slot}`);
    }
    resizing = true;
    slots = Math.min(slots, to);
  }

  return {
    see(fact) {
      if (fact.type === 'started') {
        bySlot.clear();
        holders.clear();
        lastId = 0;
        slots = ledger.plan.slots;
        resizing = false;
      } else if (fact.type === 'resizing') resize(fact.slots);
      else if (fact.type === 'resized' || fact.type === 'resize-failed') {
        resizing = false;
        if (fact.type === 'resized') slots = fact.slots;
      } else if (fact.type === 'dispatched') {
        checkLimits(fact.batch);
        checkItems(fact.batch);
        checkOrders(fact.batch);
        begin(fact.slot, fact.batch);
      } else if (fact.type === 'returned') end(fact.slot, fact.batch);
    },
  };
};
