/**
 * Which topics there are. A topic's id and number of partitions never change once it exists, so
 * what is known stays true and is remembered.
 */
import { EngineError } from '../../model/errors.ts';
import type { Environment } from './environment.ts';
import { writeFailure } from './failure.ts';

/** A topic. */
export interface Topic {
  readonly name: string;
  readonly id: number;
  readonly partitions: number;
}

/** The rule of Kafka, so that a config works on both. */
const NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** Whether a topic may be called so. */
export function isTopicName(name: string): boolean {
  return NAME.test(name) && name !== '.' && name !== '..';
}

/** The topics of a log. */
export class Topics {
  readonly #environment: Environment;
  readonly #partitions: number;
  readonly #known = new Map<string, Topic>();

  /** `partitions`: how many a new topic gets. */
  constructor(environment: Environment, partitions: number) {
    this.#environment = environment;
    this.#partitions = partitions;
  }

  /** All topics that exist now, by name. */
  list(): readonly Topic[] {
    const found: Topic[] = [];
    for (const { key, value } of this.#environment.tables.topics.getRange({}))
      found.push({ name: key, ...value });
    return found;
  }

  /** A topic, or `null` when there is none of this name. */
  find(name: string): Topic | null {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const stored = this.#environment.tables.topics.get(name);
    if (stored === undefined) return null;
    const topic = { name, ...stored };
    this.#known.set(name, topic);
    return topic;
  }

  /** A topic that must exist. Throws `E_TOPIC_UNKNOWN`. */
  require(name: string): Topic {
    const topic = this.find(name);
    if (topic === null) throw new EngineError('E_TOPIC_UNKNOWN', `there is no topic ${name}`);
    return topic;
  }

  /** Makes those that do not exist. Rejects with `E_LOG_FULL` or `E_LOG_IO`; none is made then. */
  async make(names: readonly string[]): Promise<void> {
    const { tables } = this.#environment;
    try {
      await this.#environment.write(() => {
        this.#environment.inside(() => {
          for (const name of names) {
            if (tables.topics.get(name) !== undefined) continue;
            const id = (tables.meta.get('topics') ?? 0) + 1;
            void tables.meta.put('topics', id);
            void tables.topics.put(name, { id, partitions: this.#partitions });
          }
        });
      });
    } catch (error) {
      throw await writeFailure(error, this.#environment.dir);
    }
  }
}
