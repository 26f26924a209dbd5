/** Reads partitions without a group: what `faultline tail` shows. Commits nothing, joins nothing. */
import type { Delivery, Position } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import { Brokers } from './brokers.ts';
import type { KafkaClient } from './client.ts';
import { Fetcher } from './fetcher.ts';
import { placeOf } from './places.ts';
import { Reading } from './reading.ts';
import type { FetchSettings } from './settings.ts';

/** What to read. */
export interface TailOptions {
  /** From where to where, of the end as it is at the beginning. */
  readonly partitions: readonly (Position & { readonly end: number })[];
  /** Go on behind the end until the signal. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

const DELIVERIES_PER_PULL = 1000;
const BYTES_PER_PULL = 8 * 1024 * 1024;
const PULL_MS = 200;
/** Brokers that were asked for what they have, and say nothing for so long, are given up. */
const SILENCE_MS_MAX = 9000;

/**
 * Deliveries in offset order within each partition; `null` once, when all that was there at the
 * beginning has been given. Throws, coded, what cannot be read, and where brokers go silent before that.
 */
export async function* readPartitions(
  client: KafkaClient,
  fetch: FetchSettings,
  { partitions, follow, signal }: TailOptions,
): AsyncGenerator<Delivery | null, void, undefined> {
  const brokers = new Brokers(client);
  const fault: { last: EngineError | null } = { last: null };
  const failed = (error: EngineError): void => {
    fault.last = error;
  };
  const outOfRange = (place: { topic: string; partition: number }, offset: number): void => {
    failed(new EngineError('E_KAFKA_OUT_OF_RANGE', `${placeOf(place)} has offset ${offset} no more`));
  };
  const events = { failed, outOfRange, stuck: (_: unknown, stuck: EngineError): void => failed(stuck) };
  const fetcher = new Fetcher({ brokers, fetch, backoff: client.settings, events });
  try {
    await brokers.metadata([...new Set(partitions.map(({ topic }) => topic))]);
    fetcher.add(partitions.map((each) => new Reading(each, each.offset, each.end)));
    yield* pulled(fetcher, fault, { partitions, follow, signal });
  } finally {
    fetcher.close();
    brokers.close();
  }
}

async function* pulled(
  fetcher: Fetcher,
  fault: { readonly last: EngineError | null },
  { partitions, follow, signal }: TailOptions,
): AsyncGenerator<Delivery | null, void, undefined> {
  const due = new Map(partitions.map((each) => [placeOf(each), each.end]));
  const limit = {
    deliveriesMax: DELIVERIES_PER_PULL,
    bytesMax: BYTES_PER_PULL,
    waitMs: PULL_MS,
    paused: (): boolean => false,
    signal,
  };
  let isCaughtUp = false;
  for (let heardMs = performance.now(); !signal.aborted;) {
    const deliveries = isCaughtUp || due.size > 0 ? await fetcher.pull(limit, () => true) : [];
    if (deliveries.length > 0) heardMs = performance.now();
    yield* deliveries;
    if (fault.last !== null && !fault.last.retriable) throw fault.last;
    if (isCaughtUp) continue;
    for (const { topic, partition, offset } of deliveries) {
      if (offset + 1 >= (due.get(placeOf({ topic, partition })) ?? 0))
        due.delete(placeOf({ topic, partition }));
    }
    // The last offsets may have no record: then there is nothing left all the same.
    for (const { deliveries: left, ...place } of fetcher.backlog())
      if (left === 0) due.delete(placeOf(place));
    if (due.size > 0 && performance.now() - heardMs < SILENCE_MS_MAX) continue;
    if (due.size > 0) throw fault.last ?? new EngineError('E_KAFKA_UNREACHABLE', silence(due));
    isCaughtUp = true;
    yield null;
    if (!follow) return;
  }
}

function silence(due: ReadonlyMap<string, number>): string {
  return `nothing came of ${[...due.keys()].join(', ')} within ${SILENCE_MS_MAX} ms`;
}
