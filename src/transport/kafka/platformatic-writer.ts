/**
 * `@platformatic/kafka`'s producer, held so that what becomes of a batch is known.
 *
 * The library sends a batch with the same numbers until it gives up, and from then on with those of a
 * new producer. So tries are left to it, without a limit, and ended from here by closing the client,
 * only when nothing of a batch can be on its way any more. A call of it carries one partition: it sends
 * all of a call to the leader of the call's first record, also after leaders have moved.
 */
import type { ClusterMetadata } from '@platformatic/kafka';
import { Producer } from '@platformatic/kafka';
import type { TopicPartition } from '../../model/delivery.ts';
import type { EngineError } from '../../model/errors.ts';
import { settledWithin } from './backoff.ts';
import type { Entry } from './calls.ts';
import {
  codeFor,
  hasOldLeaders,
  isDoubtful,
  platformaticFault,
  topicCode,
  triesOf,
} from './platformatic-faults.ts';
import { connectionOf, messagesOf } from './platformatic-shapes.ts';
import type { TopicMetadata } from './protocol/metadata.ts';
import type { KafkaSettings, ProduceSettings } from './settings.ts';
import { verdictOf } from './verdict.ts';

/**
 * - `written`: for good.
 * - `refused`: not written, for the sake of a record.
 * - `failed`: not written.
 * - `unknown`: perhaps written, perhaps later.
 */
export type Outcome =
  | { readonly type: 'written' }
  | { readonly type: 'refused'; readonly code: number }
  | { readonly type: 'failed' | 'unknown'; readonly fault: EngineError };

/** What a writer is made of. */
export interface WriterOptions {
  readonly kafka: KafkaSettings;
  readonly produce: ProduceSettings;
  /** Is told of what is tried again. */
  readonly tell: (fault: EngineError) => void;
  /** Whether what was taken may still be written; asked before each try. When not, everything ends. */
  readonly mayWrite: () => boolean;
  /** A try of something has ended without success. */
  readonly tried: () => void;
}

/** How old knowledge of leaders may become, as in the Java client. */
const METADATA_AGE_MAX_MS = 5 * 60_000;
/** Numbers of a partition that the library cannot count beyond (no wrap at 2^31), less what is on its way. */
const RECORDS_MAX = 2 ** 31 - 2 ** 24;
const UNKNOWN_TOPIC = 3;

/** The writer. Connects when it is first used. */
export class PlatformaticWriter {
  readonly #options: WriterOptions;
  #producer: Producer | null = null;
  /** Sent with this producer. */
  #records = 0;
  /** Calls under way, oldest first. */
  readonly #sends = new Set<number>();
  #sendsMade = 0;
  /** Requests that are made or answered right now. */
  #tries = 0;
  /** The youngest call that was there when something was last in doubt. */
  #doubtful = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#sends.size === 0;
  }

  /** Something under way may have been written, or may be yet. */
  get isDoubtful(): boolean {
    const [oldest = Infinity] = this.#sends;
    return oldest <= this.#doubtful;
  }

  /** The producer has to be renewed before more is sent with it. */
  get isUsedUp(): boolean {
    return this.#records >= RECORDS_MAX;
  }

  /** Asks a broker for topics, and tries once. Rejects with coded errors, for a topic that is not there with an answer that says so. */
  async topics(names: readonly string[]): Promise<readonly TopicMetadata[]> {
    const topics: TopicMetadata[] = [];
    for (const name of names) topics.push(await this.#topic(name));
    return topics;
  }

  /** Writes a batch to a partition. Never rejects; may take for ever, see {@link abort}. */
  async send(place: TopicPartition, entries: readonly Entry[]): Promise<Outcome> {
    this.#sendsMade += 1;
    const id = this.#sendsMade;
    this.#sends.add(id);
    this.#records += entries.length;
    try {
      const publications = entries.map(({ publication }) => publication);
      const messages = messagesOf(publications, place);
      const producer = this.#open();
      await producer.send({ messages, compression: this.#options.produce.compression });
      this.#tried(producer);
      return { type: 'written' };
    } catch (error) {
      return outcomeOf(error, place, id <= this.#doubtful);
    } finally {
      this.#sends.delete(id);
    }
  }

  /** Ends all tries, if nothing of them can be on its way; the calls fail then. Whether it did. */
  abort(): boolean {
    if (this.#tries > 0 || this.isDoubtful) return false;
    this.#end().catch(() => undefined);
    return true;
  }

  /** Ends everything, what is on its way too, within so long. */
  async close(withinMs: number): Promise<void> {
    await settledWithin(this.#end(), withinMs);
  }

  async #topic(name: string): Promise<TopicMetadata> {
    try {
      const { topics } = await this.#open().metadata({ topics: [name], forceUpdate: true, retries: 0 });
      return topicOf(name, topics);
    } catch (error) {
      const code = topicCode(error);
      if (code !== null) return { name, error: code, isInternal: false, partitions: [] };
      throw platformaticFault(error, `topic ${name}`);
    }
  }

  #open(): Producer {
    if (this.#producer !== null) return this.#producer;
    const { kafka, produce } = this.#options;
    const producer = new Producer({
      ...connectionOf(kafka),
      timeout: Math.min(kafka.requestTimeoutMs, produce.timeoutMs),
      metadataMaxAge: METADATA_AGE_MAX_MS,
      idempotent: true,
      retries: Number.MAX_SAFE_INTEGER,
      retryDelay: (...[client, operation, attempt, , error]) => {
        if (operation === 'produce') this.#failed(client, error);
        return this.#againMs(attempt, error);
      },
    });
    producer.on('client:performWithRetry', (operation: string) => {
      if (operation !== 'produce' || producer !== this.#producer) return;
      this.#tries += 1;
      // A client that is closed sends nothing, this try included.
      if (!this.#options.mayWrite()) this.#end().catch(() => undefined);
    });
    producer.on('client:performWithRetry:failed', (operation: string, _retries: number, tries: Error[]) => {
      if (operation === 'produce') for (const error of tries.slice(-1)) this.#failed(producer, error);
    });
    this.#producer = producer;
    return producer;
  }

  /** Of a client that was closed nobody counts any more. */
  #tried(producer: object): void {
    if (producer === this.#producer) this.#tries -= 1;
  }

  #failed(producer: object, error: Error): void {
    this.#tried(producer);
    if (isDoubtful(error)) this.#doubtful = this.#sendsMade;
    // The library forgets old leaders once for each call, and elections take longer.
    if (hasOldLeaders(error)) this.#producer?.clearMetadata();
  }

  /** A try has failed; in how many milliseconds the next one is. */
  #againMs(attempt: number, error: Error): number {
    const { kafka, tell, tried } = this.#options;
    tell(platformaticFault(error, 'writing'));
    queueMicrotask(tried);
    const fullMs = Math.min(kafka.backoffMaxMs, kafka.backoffMs * 2 ** Math.min(attempt - 1, 30));
    return fullMs * (0.5 + Math.random() / 2);
  }

  async #end(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    this.#records = 0;
    this.#tries = 0;
    await producer?.close();
  }
}

function outcomeOf(error: unknown, place: TopicPartition, wasDoubtful: boolean): Outcome {
  const tries = triesOf(error);
  const code = codeFor(tries.at(-1), place.partition);
  // A copy that is still on its way is refused for the same reason.
  if (code !== null && verdictOf(code) === 'divide') return { type: 'refused', code };
  const fault = platformaticFault(error, `writing to ${place.topic}/${place.partition}`);
  // Errors of other requests, such as the one for a producer id, leave nothing in doubt.
  return { type: wasDoubtful ? 'unknown' : 'failed', fault };
}

function topicOf(name: string, topics: ClusterMetadata['topics']): TopicMetadata {
  const topic = topics.get(name);
  // The brokers' own topics are left out by the library.
  if (topic === undefined) return { name, error: UNKNOWN_TOPIC, isInternal: true, partitions: [] };
  const partitions = topic.partitions.map(({ leader }, partition) => ({ partition, leader }));
  return { name, error: 0, isInternal: false, partitions };
}
