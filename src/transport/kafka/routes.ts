/** Which broker leads a partition of a topic that is written to, as last learnt. Nothing is asked again here. */
import type { EngineError } from '../../model/errors.ts';
import type { Brokers } from './brokers.ts';
import type { TopicMetadata } from './protocol/metadata.ts';
import { faultOfCode, verdictOf } from './verdict.ts';

/** In the place of a leader: there is none, or it is not known. */
export const NO_LEADER = -1;

/** How old knowledge may become before it is asked for again, so that new partitions are used: as in the Java client. */
const AGE_MAX_MS = 5 * 60_000;

const UNKNOWN_TOPIC = 3;

/** What is known of a topic. */
interface Route {
  readonly error: number;
  /** By partition. */
  readonly leaders: readonly number[];
}

const UNKNOWN: Route = { error: 0, leaders: [] };

/** Of the topics that were ever asked for. */
export class Routes {
  readonly #brokers: Pick<Brokers, 'metadata'>;
  readonly #routes = new Map<string, Route>();
  #learntMs = -Infinity;

  constructor(brokers: Pick<Brokers, 'metadata'>) {
    this.#brokers = brokers;
  }

  get isStale(): boolean {
    return this.#routes.size > 0 && performance.now() - this.#learntMs > AGE_MAX_MS;
  }

  /** Asks a broker for these and all that were asked for before. Rejects with kafkajs's errors or coded ones. */
  async learn(topics: Iterable<string>): Promise<void> {
    for (const topic of topics) if (!this.#routes.has(topic)) this.#routes.set(topic, UNKNOWN);
    const metadata = await this.#brokers.metadata([...this.#routes.keys()]);
    for (const topic of metadata.topics) this.#routes.set(topic.name, routeOf(topic));
    this.#learntMs = performance.now();
  }

  /** How many there are; 0: not known. */
  partitions(topic: string): number {
    return this.#of(topic).leaders.length;
  }

  /** {@link NO_LEADER} where there is none. */
  leader(topic: string, partition: number): number {
    return this.#of(topic).leaders[partition] ?? NO_LEADER;
  }

  /** What keeps the topic from being written to until somebody mends it: it is not there, or not ours to see. */
  fault(topic: string): EngineError | null {
    const { error } = this.#of(topic);
    const isFault = error === UNKNOWN_TOPIC || verdictOf(error) === 'stop';
    return isFault ? faultOfCode(error, `topic ${topic}`) : null;
  }

  #of(topic: string): Route {
    return this.#routes.get(topic) ?? UNKNOWN;
  }
}

function routeOf({ error, partitions }: TopicMetadata): Route {
  const leaders = new Array<number>(partitions.length).fill(NO_LEADER);
  for (const { partition, leader } of partitions) leaders[partition] = leader;
  return { error, leaders };
}
