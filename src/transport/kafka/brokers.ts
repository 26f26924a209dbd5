/**
 * The brokers of a cluster and the connections to them, each made when it is first needed.
 *
 * A connection that fails, or does not answer in time, is dropped, and the next use makes a new one:
 * nothing is tried again here, so that whoever asks decides how long. kafkajs's own pool keeps silent
 * connections, retries beneath its caller and learns nothing of any topic while one has an error.
 */
import { EngineError } from '../../model/errors.ts';
import type { KafkaClient } from './client.ts';
import { dropConnections, isUsable, mended } from './connections.ts';
import { isConnectionFault } from './faults.ts';
import type { Broker, Cluster } from './internals.ts';
import type { Address, Metadata } from './protocol/metadata.ts';
import { askMetadata } from './protocol/metadata.ts';

/**
 * What a connection is for: a broker answers one request of a connection after the other, and some of
 * them wait. Fetches have a connection of their own beside that of `data`.
 */
export type Purpose = 'data' | 'join' | 'group';

interface Link {
  /** `null` while it is being made. */
  broker: Broker | null;
  readonly opened: Promise<Broker>;
}

/** The directory of brokers. */
export class Brokers {
  readonly #cluster: Cluster;
  readonly #seeds: readonly Address[];
  readonly #nodes = new Map<number, Address>();
  readonly #leaders = new Map<string, ReadonlyMap<number, number>>();
  readonly #links = new Map<string, Link>();
  #learnt: () => void = () => undefined;
  #closed = false;

  constructor(client: KafkaClient) {
    this.#cluster = client.cluster({ metadataMaxAgeMs: 0, isolation: 'read-committed' });
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
    const broker = await this.#connected(address, purpose);
    try {
      return await ask(broker);
    } catch (error) {
      if (isConnectionFault(error)) this.drop(address, purpose);
      throw error;
    }
  }

  /** Asks one after another until one can be reached: those that a connection stands to first. Rejects as the last one did. */
  async askAny<T>(ask: (broker: Broker) => Promise<T>): Promise<T> {
    let failure: unknown = new EngineError('E_KAFKA_UNREACHABLE');
    for (const address of this.#candidates()) {
      try {
        return await this.askAt(address, 'data', ask);
      } catch (error) {
        if (!isConnectionFault(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Ends a connection at once; what waits on it is rejected. */
  drop(address: Address, purpose: Purpose): void {
    const key = keyOf(address, purpose);
    const link = this.#links.get(key);
    this.#links.delete(key);
    const broker = link?.broker ?? null;
    if (broker !== null) dropConnections(broker);
  }

  /** Ends all connections at once. */
  close(): void {
    this.#closed = true;
    for (const { broker } of this.#links.values()) if (broker !== null) dropConnections(broker);
    this.#links.clear();
  }

  /** What is sent in the same turn goes over a connection that stands: else kafkajs could make two of them. */
  #connected(address: Address, purpose: Purpose): Promise<Broker> {
    const key = keyOf(address, purpose);
    const known = this.#links.get(key);
    if (known !== undefined && (known.broker === null || isUsable(known.broker))) return known.opened;
    this.drop(address, purpose);
    const link: Link = { broker: null, opened: this.#open(address) };
    this.#links.set(key, link);
    link.opened.then(
      (broker) => {
        link.broker = broker;
        if (this.#links.get(key) !== link) dropConnections(broker);
      },
      () => {
        if (this.#links.get(key) === link) this.#links.delete(key);
      },
    );
    return link.opened;
  }

  async #open(address: Address): Promise<Broker> {
    if (this.#closed) throw new EngineError('E_KAFKA_UNREACHABLE', 'the connections are closed');
    const connectionPool = mended(await this.#cluster.connectionPoolBuilder.build(address));
    const broker = this.#cluster.brokerPool.createBroker({
      connectionPool,
      logger: this.#cluster.rootLogger,
    });
    try {
      await broker.connect();
      return broker;
    } catch (error) {
      dropConnections(broker);
      throw error;
    }
  }

  #candidates(): readonly Address[] {
    const all = new Map([...this.#nodes.values(), ...this.#seeds].map((each) => [keyOf(each, 'data'), each]));
    const isUp = (key: string): boolean => {
      const broker = this.#links.get(key)?.broker ?? null;
      return broker !== null && isUsable(broker);
    };
    return [...all].toSorted(([a], [b]) => Number(isUp(b)) - Number(isUp(a))).map(([, address]) => address);
  }
}

function keyOf({ host, port }: Address, purpose: Purpose): string {
  return `${purpose} ${host}:${port}`;
}

/** `HOST:PORT`, `[HOST]:PORT` for the colons of IPv6. */
function addressOf(text: string): Address {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(at + 1)) };
}
