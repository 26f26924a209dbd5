/**
 * The brokers of a cluster and the connections to them, each made when it is first needed.
 *
 * A connection that fails, or does not answer in time, is dropped, and the next use makes a new one:
 * nothing is tried again here, so that whoever asks decides how long. kafkajs's own pool keeps silent
 * connections, retries beneath its caller and learns nothing of any topic while one has an error.
 */
import { EngineError } from '../../model/errors.ts';
import type { KafkaClient } from './client.ts';
import { mended } from './connections.ts';
import { isConnectionFault } from './faults.ts';
import type { Broker, Cluster } from './internals.ts';
import { Link } from './link.ts';
import type { Address, Metadata } from './protocol/metadata.ts';
import { askMetadata } from './protocol/metadata.ts';
import type { KafkaSettings } from './settings.ts';

/**
 * What a connection is for: a broker answers one request of a connection after the other, and some of
 * them wait. Fetches have a connection of their own beside that of `data`; what any broker knows goes over
 * `lookup`, so that no answer that waits for replicas makes a broker look silent.
 */
export type Purpose = 'data' | 'join' | 'group' | 'lookup';

/** The directory of brokers. */
export class Brokers {
  readonly #cluster: Cluster;
  readonly #settings: KafkaSettings;
  readonly #seeds: readonly Address[];
  readonly #nodes = new Map<number, Address>();
  readonly #leaders = new Map<string, ReadonlyMap<number, number>>();
  readonly #links = new Map<string, Link>();
  /** Where the last request failed: asked last when any broker will do. */
  readonly #doubtful = new Set<string>();
  #learnt: () => void = () => undefined;
  #isClosed = false;

  constructor(client: KafkaClient) {
    this.#cluster = client.cluster({ metadataMaxAgeMs: 0, isolation: 'read-committed' });
    this.#settings = client.settings;
    this.#seeds = client.settings.brokers.map(addressOf);
  }

  /** Who leads a partition by what was last learnt; `null`: nobody that is known. */
  leaderOf(topic: string, partition: number): number | null {
    return this.#leaders.get(topic)?.get(partition) ?? null;
  }

  /** Calls `run` whenever leaders were learnt, whoever asked for them. */
  onLearnt(run: () => void): void {
    this.#learnt = run;
  }

  /** Asks for topics, `null` for all, and learns brokers and leaders from it. */
  async metadata(topics: readonly string[] | null): Promise<Metadata> {
    const metadata = await this.askAny((broker) => askMetadata(broker, topics));
    for (const { node, host, port } of metadata.brokers) this.#nodes.set(node, { host, port });
    for (const { name, partitions } of metadata.topics) {
      const led = partitions.filter(({ leader }) => leader >= 0);
      this.#leaders.set(name, new Map(led.map(({ partition, leader }) => [partition, leader])));
    }
    this.#learnt();
    return metadata;
  }

  /** Asks the broker of this number. */
  async askNode<T>(node: number, ask: (broker: Broker) => Promise<T>): Promise<T> {
    const address = this.#nodes.get(node);
    if (address === undefined) throw new EngineError('E_KAFKA_UNREACHABLE', `there is no broker ${node}`);
    return this.askAt(address, 'data', ask);
  }

  /** Asks the broker there. */
  async askAt<T>(address: Address, purpose: Purpose, ask: (broker: Broker) => Promise<T>): Promise<T> {
    const link = this.#linkTo(address, purpose);
    const place = placeOf(address);
    try {
      const answer = await ask(await link.opened);
      this.#doubtful.delete(place);
      return answer;
    } catch (error) {
      if (isConnectionFault(error)) {
        this.#doubtful.add(place);
        this.#giveUp(`${purpose} ${place}`, link);
      }
      throw error;
    }
  }

  /**
   * Asks one after another until one can be reached: first those that a connection stands to, last those
   * that have just failed. Rejects as the last one did.
   */
  async askAny<T>(ask: (broker: Broker) => Promise<T>): Promise<T> {
    let failure: unknown = new EngineError('E_KAFKA_UNREACHABLE');
    for (const address of this.#candidates()) {
      try {
        return await this.askAt(address, 'lookup', ask);
      } catch (error) {
        if (!isConnectionFault(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Ends a connection at once; what waits on it, or for it, is rejected. */
  drop(address: Address, purpose: Purpose): void {
    const key = `${purpose} ${placeOf(address)}`;
    const link = this.#links.get(key);
    if (link !== undefined) this.#giveUp(key, link);
  }

  /** Ends all connections at once. */
  close(): void {
    this.#isClosed = true;
    for (const [key, link] of this.#links) this.#giveUp(key, link);
  }

  /** What is sent in the same turn goes over a connection that stands: else kafkajs could make two of them. */
  #linkTo(address: Address, purpose: Purpose): Link {
    const key = `${purpose} ${placeOf(address)}`;
    const known = this.#links.get(key);
    if (known?.isUsable === true) return known;
    if (known !== undefined) this.#giveUp(key, known);
    const link = new Link(address, () => this.#make(address));
    this.#links.set(key, link);
    return link;
  }

  #giveUp(key: string, link: Link): void {
    if (this.#links.get(key) === link) this.#links.delete(key);
    link.giveUp();
  }

  async #make(address: Address): Promise<Broker> {
    if (this.#isClosed) throw new EngineError('E_KAFKA_UNREACHABLE', 'the connections are closed');
    const { connectionPoolBuilder, brokerPool, rootLogger: logger } = this.#cluster;
    const connectionPool = mended(await connectionPoolBuilder.build(address), this.#settings);
    return brokerPool.createBroker({ connectionPool, logger });
  }

  #candidates(): readonly Address[] {
    const all = new Map([...this.#nodes.values(), ...this.#seeds].map((each) => [placeOf(each), each]));
    const up = [...this.#links]
      .filter(([, link]) => link.isUp)
      .map(([key]) => key.slice(key.indexOf(' ') + 1));
    const rank = (place: string): number => (this.#doubtful.has(place) ? 2 : up.includes(place) ? 0 : 1);
    return [...all].toSorted(([a], [b]) => rank(a) - rank(b)).map(([, address]) => address);
  }
}

function placeOf({ host, port }: Address): string {
  return `${host}:${port}`;
}

/** `HOST:PORT`, `[HOST]:PORT` for the colons of IPv6. */
function addressOf(text: string): Address {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(at + 1)) };
}
