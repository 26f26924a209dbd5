/**
 * What a broker for tests is told: KRaft, broker and controller in one process, everything on the
 * loopback, as many replicas as there are nodes, and as little waiting and memory as Kafka allows.
 * Replicas, ISR and the coordinators' topics are as in production; a topic is never made by being asked for.
 */
import { join } from 'node:path';
import type { Security } from './security.ts';
import { securityProperties, securityProtocol } from './security.ts';

/** Java properties: names and values. */
export type Properties = Readonly<Record<string, string>>;

/** The ports of one node. */
export interface NodePorts {
  /** What clients connect to, with the cluster's security. */
  readonly client: number;
  /** Brokers among each other, probes and tools: plain text, all rights. */
  readonly inside: number;
  readonly controller: number;
}

/** One node of a cluster, as its properties are made from it. */
export interface NodePlan {
  readonly id: number;
  readonly nodes: readonly NodePorts[];
  /** Its data lies in `data` below. */
  readonly directory: string;
  readonly security: Security;
  /** Where `makeCertificates` has put its files. */
  readonly certificates: string;
}

/** The properties of one node. */
export function nodeProperties(plan: NodePlan): Properties {
  const { id, nodes, directory, security, certificates } = plan;
  const own = nodes[id];
  if (own === undefined) throw new RangeError(`no node ${id}`);
  const listeners = [
    `CLIENT://127.0.0.1:${own.client}`,
    `INSIDE://127.0.0.1:${own.inside}`,
    `CONTROLLER://127.0.0.1:${own.controller}`,
  ];
  const protocols = [`CLIENT:${securityProtocol(security)}`, 'INSIDE:PLAINTEXT', 'CONTROLLER:PLAINTEXT'];
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': nodes
      .map(({ controller }, voter) => `${voter}@127.0.0.1:${controller}`)
      .join(),
    listeners: listeners.join(),
    'advertised.listeners': listeners.slice(0, 2).join(),
    'listener.security.protocol.map': protocols.join(),
    'inter.broker.listener.name': 'INSIDE',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(directory, 'data'),
    ...securityProperties(security, certificates),
    ...replicas(nodes.length),
    ...SMALL_AND_QUICK,
  };
}

function replicas(nodes: number): Properties {
  const factor = String(nodes);
  const isrMin = nodes > 1 ? '2' : '1';
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': isrMin,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': isrMin,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': isrMin,
  };
}

const SMALL_AND_QUICK: Properties = {
  'auto.create.topics.enable': 'false',
  'group.initial.rebalance.delay.ms': '0',
  // So that a member can be overdue soon; Kafka's own is 6000.
  'group.min.session.timeout.ms': '1000',
  // How long a leader may be dead unnoticed, and what a restart after a kill waits; Kafka's own are 9000 and 2000.
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  // Several, so that the coordinators of different groups lie on different nodes; 50 are slow to make.
  'offsets.topic.num.partitions': '6',
  'transaction.state.log.num.partitions': '6',
  'num.network.threads': '2',
  'num.io.threads': '4',
  // Kafka's own 128 MiB do not fit into the heap.
  'log.cleaner.dedupe.buffer.size': '8388608',
};

/** As the text of a properties file. */
export function propertiesText(properties: Properties): string {
  const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escape(value)}\n`)
    .join('');
}
