/** Partitions as keys of maps, and by their topics. */
import type { TopicPartition } from '../../model/delivery.ts';
import type { Partitions } from './protocol/subscription.ts';

/** Names a partition in a map. */
export function placeOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/** Their numbers by topic. */
export function byTopic(partitions: Iterable<TopicPartition>): Partitions {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const numbers = topics.get(topic);
    if (numbers === undefined) topics.set(topic, [partition]);
    else numbers.push(partition);
  }
  return topics;
}
