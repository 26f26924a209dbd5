/**
 * Real Apache Kafka for tests, one node or three, without Docker: each node formats its storage with
 * Kafka's own tool and runs in a process of its own. All of it lies in one temporary directory that
 * `close()` removes, and that the end of the process removes otherwise (a kill of it does not).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatStorage } from './format.ts';
import type { KafkaVersion } from './jars.ts';
import { kafkaClassPath } from './jars.ts';
import { KafkaNode } from './node.ts';
import { freePorts } from './ports.ts';
import type { NodePorts, Properties } from './properties.ts';
import { nodeProperties, propertiesText } from './properties.ts';
import type { Security, TlsFiles } from './security.ts';
import { hasTls, makeCertificates, scramArguments } from './security.ts';
import { javaCommand } from './tools.ts';

/** What to start. */
export interface KafkaOptions {
  /** One by default. With three, topics have three replicas and two of them must be in sync. */
  readonly nodes?: 1 | 3;
  readonly version?: KafkaVersion;
  /** The broker's own properties, over those of the helper. */
  readonly properties?: Properties;
  readonly security?: Security;
}

/** A running cluster. Nodes are numbered from 0; the number is the broker's id. */
export interface KafkaCluster {
  /** `host:port` of each node, for clients. */
  readonly brokers: readonly string[];
  /** The same without security and with all rights, whatever `brokers` ask for. */
  readonly insideBrokers: readonly string[];
  /** What a client needs for TLS; `undefined` where the cluster has none. */
  readonly tls: TlsFiles | undefined;
  /** SIGTERM: the node hands over what it leads, and ends. */
  stop(node: number): Promise<void>;
  /** SIGKILL. */
  kill(node: number): Promise<void>;
  /** SIGSTOP. */
  freeze(node: number): void;
  /** SIGCONT. */
  thaw(node: number): void;
  /** Starts a node that has ended, with the data and the ports that it had. */
  start(node: number): Promise<void>;
  /** The process of a node; `undefined` when it has ended. */
  pid(node: number): number | undefined;
  /** The end of what a node has logged. */
  logTail(node: number): string;
  /** Kills all nodes and removes everything. */
  close(): Promise<void>;
}

/** A quick start counts, not the last of speed: one compiler, one collector, little heap. */
const JVM = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
const QUIET = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.logFile=System.out',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
];
const REMOVE_RETRIES = 10;

/**
 * Starts a cluster; resolves when every node answers and knows all others, and rejects with what was
 * logged when one does not come up. Throws KafkaUnavailable where there can be no cluster.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { nodes: count = 1, version, properties = {}, security = 'none' } = options;
  const java = javaCommand();
  const javaArgs = [...JVM, ...QUIET, '-cp', await kafkaClassPath(version)];
  const ports = await nodePorts(count);
  const directory = mkdtempSync(join(tmpdir(), 'faultline-kafka-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: REMOVE_RETRIES });
  process.once('exit', remove);
  const nodes: KafkaNode[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.kill()));
    process.off('exit', remove);
    remove();
  };
  try {
    const tls = hasTls(security) ? makeCertificates(directory) : undefined;
    const files = ports.map(({ inside }, id) => {
      const own = join(directory, `node-${id}`);
      const file = join(own, 'server.properties');
      const plan = { id, nodes: ports, directory: own, security, certificates: directory };
      mkdirSync(own);
      writeFileSync(file, propertiesText({ ...nodeProperties(plan), ...properties }));
      const args = [...javaArgs, 'kafka.Kafka', file];
      nodes.push(new KafkaNode({ id, directory: own, probePort: inside, java, javaArgs: args }));
      return file;
    });
    await formatStorage({ java, javaArgs, files, args: scramArguments(security) });
    await Promise.all(nodes.map((node) => node.start([...nodes.keys()])));
    return { ...addresses(ports), tls, ...controls(nodes), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function addresses(ports: readonly NodePorts[]): Pick<KafkaCluster, 'brokers' | 'insideBrokers'> {
  return {
    brokers: ports.map(({ client }) => `127.0.0.1:${client}`),
    insideBrokers: ports.map(({ inside }) => `127.0.0.1:${inside}`),
  };
}

function controls(
  nodes: readonly KafkaNode[],
): Omit<KafkaCluster, 'brokers' | 'insideBrokers' | 'tls' | 'close'> {
  const at = (node: number): KafkaNode => {
    const found = nodes[node];
    if (found === undefined) throw new RangeError(`there is no node ${node}`);
    return found;
  };
  return {
    stop: (node) => at(node).stop(),
    kill: (node) => at(node).kill(),
    freeze: (node) => at(node).freeze(),
    thaw: (node) => at(node).thaw(),
    start: (node) => at(node).start(),
    pid: (node) => at(node).pid,
    logTail: (node) => at(node).logTail,
  };
}

async function nodePorts(nodes: number): Promise<readonly NodePorts[]> {
  const ports = await freePorts(3 * nodes);
  return Array.from({ length: nodes }, (_, node) => {
    const [client = 0, inside = 0, controller = 0] = ports.slice(3 * node);
    return { client, inside, controller };
  });
}
