/** Which partitions of this process stand still, by what the probe told; until they are revoked or assigned anew. */
import type { TopicPartition } from '../model/delivery.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { WhyPartition } from '../model/status.ts';
import type { ProbeEvent } from '../ports/probe.ts';

/** A partition that stands still. */
export interface Stuck extends TopicPartition {
  readonly group: string;
  /** `E_FENCED` where another process has shut this one out. */
  readonly code: ErrorCode;
  /** A sentence, without its point. */
  readonly message: string;
}

/** The partitions; no more than are assigned. */
export class StuckPartitions {
  readonly #byPlace = new Map<string, Stuck>();

  /** What an event says of them. */
  apply(event: ProbeEvent): void {
    switch (event.type) {
      case 'partition-stuck':
        this.#add({ ...event, ...event.fault });
        return;
      case 'fenced':
        this.#add({ ...event, code: 'E_FENCED', message: fencedWords(event) });
        return;
      case 'assigned':
      case 'revoked':
        for (const { topic, partition } of event.partitions)
          this.#byPlace.delete(keyOf({ group: event.group, topic, partition }));
        return;
      default:
    }
  }

  /** In the order in which they came to stand still. */
  all(): readonly Stuck[] {
    return [...this.#byPlace.values()];
  }

  #add({ group, topic, partition, code, message }: Stuck): void {
    this.#byPlace.set(keyOf({ group, topic, partition }), { group, topic, partition, code, message });
  }
}

/** Says first that the partition stands still, which the engine does not know: nothing more comes of it. */
export function withStuck(why: WhyPartition, stuck: readonly Stuck[]): WhyPartition {
  const own = stuck.find(({ group }) => group === why.partition.group);
  if (own === undefined) return why;
  return { ...why, sentence: `It stands still (${own.code}): ${own.message}. ${why.sentence}` };
}

function fencedWords({ topic, partition }: TopicPartition): string {
  return `another process has taken partition ${partition} of topic ${topic} over`;
}

function keyOf({ group, topic, partition }: TopicPartition & { readonly group: string }): string {
  return `${group} ${topic} ${partition}`;
}
