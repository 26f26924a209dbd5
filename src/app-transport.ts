/**
 * The transports as the app sees them: memory, the embedded log, Kafka. Part of the composition root:
 * it joins adapters and config, and decides nothing.
 */
import { extname, resolve } from 'node:path';
import type { Config } from './config/config.ts';
import { resolveKafka, startTasks } from './config/resolve-kafka.ts';
import { tasksOf } from './config/resolve.ts';
import { routeTopic } from './engine/route.ts';
import { EngineError, toFault } from './model/errors.ts';
import type { Task } from './model/task.ts';
import type { Logger } from './observe/logger.ts';
import type { Probe } from './ports/probe.ts';
import type { Sink } from './ports/sink.ts';
import type { Source } from './ports/source.ts';
import type { Transactions } from './ports/transactions.ts';
import { checkBrokers } from './transport/kafka/check.ts';
import type { KafkaClient } from './transport/kafka/client.ts';
import { createClient } from './transport/kafka/client.ts';
import { Leases } from './transport/kafka/lease.ts';
import type { KafkaSettings } from './transport/kafka/settings.ts';
import { KafkaSource } from './transport/kafka/source.ts';
import type { WriterSettings } from './transport/kafka/writers.ts';
import { createWriters, writerSettings } from './transport/kafka/writers.ts';
import type { RetentionOptions } from './transport/log/retention.ts';
import { openLog } from './transport/log/store.ts';
import type { Reader } from './transport/log/trim.ts';
import { MemoryBroker } from './transport/memory/broker.ts';
import { MemorySink } from './transport/memory/sink.ts';
import { MemorySource } from './transport/memory/source.ts';
import { MemoryTransactions } from './transport/memory/transactions.ts';
import type { WriterHost } from './transport/publisher/protocol.ts';
import type { Publisher } from './transport/publisher/publisher.ts';
import { startPublisher } from './transport/publisher/publisher.ts';

/** Where deliveries come from and findings go. */
export interface Transport {
  /** Names of the topics that existed when it was opened, or that exist. */
  topics(): readonly string[];
  source(group: string, subscribes: (topic: string) => boolean): Source;
  readonly sink: Sink;
  /** For exactly once; `null` otherwise. */
  readonly transactions: Transactions | null;
  /** A group has partitions to read. Before that nothing may be removed: another process may own the group. */
  entered(): void;
  close(): Promise<void>;
}

/** What a program gives beside the config. */
export interface TransportOptions {
  readonly logger: Logger;
  readonly probe: Probe;
  /** The topics of `transport: memory`; without it an empty one. */
  readonly broker?: MemoryBroker | undefined;
  /** The sink of `transport: memory`; without it findings go to the broker. */
  readonly sink?: Sink | undefined;
}

/** How long the brokers are asked before a run begins, milliseconds. */
const CHECK_MS = 10_000;
/** For the thread that writes to be there, milliseconds. */
const PUBLISHER_START_MS = 30_000;

/** Opens what the config names. Rejects with a coded error. */
export async function openTransport(config: Config, options: TransportOptions): Promise<Transport> {
  switch (config.system.transport) {
    case 'memory':
      return memoryTransport(config, options);
    case 'kafka':
      return kafkaTransport(config, options);
    case 'log':
      return logTransport(config, options);
  }
}

function isExactlyOnce({ system }: Config): boolean {
  return system.delivery === 'exactly-once';
}

async function logTransport(config: Config, { probe }: TransportOptions): Promise<Transport> {
  const { data, from, log: settings } = config.system;
  const log = await openLog({ dir: resolve(data), ...settings });
  let retains = false;
  return {
    topics: () => log.topics().map(({ name }) => name),
    source: (group, subscribes) => log.source({ group, subscribes, from }),
    sink: log.sink(),
    transactions: isExactlyOnce(config) ? log.transactions() : null,
    entered: () => {
      if (!retains) log.retain(retentionOf(config, probe));
      retains = true;
    },
    close: () => log.close(),
  };
}

/** What the log removes by itself, and how that is told. */
function retentionOf(config: Config, probe: Probe): RetentionOptions {
  return {
    ...config.system.log.retention,
    readers: readersOf(tasksOf(config)),
    onTrimmed: ({ removed, held }) => {
      const records = removed.reduce((sum, partition) => sum + partition.records, 0);
      const bytes = removed.reduce((sum, partition) => sum + partition.bytes, 0);
      probe({ type: 'log-trimmed', records, bytes, partitions: removed, held });
    },
    onFailed: (error) => {
      const { code, message } = toFault(error, 'E_LOG_IO');
      probe({ type: 'log-trim-failed', code, message });
    },
  };
}

/** The groups of the tasks, as retention has to know them before they have read anything. */
function readersOf(tasks: readonly Task[]): readonly Reader[] {
  return [...new Set(tasks.map(({ group }) => group))].map((group) => ({
    group,
    subscribes: (topic) => routeTopic(tasks, group, topic).type === 'task',
  }));
}

function memoryTransport(config: Config, { broker, sink }: TransportOptions): Transport {
  const topics = broker ?? new MemoryBroker({ partitions: 1 });
  const from = config.system.from === 'latest' ? 'latest' : 'earliest';
  return {
    topics: () => topics.topics,
    source: (group, subscribes) => new MemorySource({ broker: topics, group, subscribes, from }),
    transactions: isExactlyOnce(config) ? new MemoryTransactions(topics) : null,
    entered: () => undefined,
    sink: sink ?? new MemorySink({ keep: false, broker: topics }),
    close: () => Promise.resolve(),
  };
}

/** The brokers are looked at before anything is read: what is wrong with them is said in a sentence. */
async function kafkaTransport(config: Config, options: TransportOptions): Promise<Transport> {
  const { probe, logger } = options;
  const { connection, member, fetch, produce, transactions: limits } = await resolveKafka(config.system);
  const settings: KafkaSettings = { ...connection, log: clientLog(logger) };
  const topics = await checkFirst(settings, config, logger);
  const client = createClient(settings);
  const groups = [...new Set(tasksOf(config).map(({ group }) => group))];
  const leases = Leases.of(groups.length);
  const data = writerSettings(settings, {
    produce,
    transactions: isExactlyOnce(config) ? limits : null,
    leases: leases.shared,
  });
  const host = writerHost(settings, probe);
  const { sink, transactions, end } = produce.thread
    ? await inThread(data, { host, probe, leases })
    : {
        ...createWriters(data, host),
        ...(produce.client === 'platformatic' ? { sink: await platformaticSink(client, data, host) } : {}),
        end: () => Promise.resolve(),
      };
  return {
    topics: () => topics,
    source: (group, subscribes) => {
      const { from } = config.system;
      const lease = leases.of(groups.indexOf(group));
      const source = { client, group, subscribes, from, member, fetch, lease, tell: probe };
      if (transactions === null) return new KafkaSource(source);
      return new KafkaSource({
        ...source,
        beforeReading: (places) => transactions.begin(group, places),
        afterReading: (places) => transactions.forget(group, places),
      });
    },
    sink,
    transactions,
    entered: () => undefined,
    close: end,
  };
}

/** Whichever thread they are in, writers log, report and get their tokens here. */
function writerHost({ log, sasl }: KafkaSettings, probe: Probe): WriterHost {
  return {
    log,
    tell: (part, error) => probe({ type: 'transport-fault', part, fault: toFault(error, 'E_KAFKA_FAILED') }),
    token: () =>
      sasl?.mechanism === 'oauthbearer'
        ? sasl.token()
        : Promise.reject(new EngineError('E_ASSERT', 'a token is asked for, and there are none')),
  };
}

/** The sink of a client that is loaded only where it is asked for. */
async function platformaticSink(
  client: KafkaClient,
  { produce, leases }: WriterSettings,
  host: WriterHost,
): Promise<Sink> {
  const { PlatformaticSink } = await import('./transport/kafka/platformatic-sink.ts');
  return new PlatformaticSink({
    client,
    produce,
    leases: leases === null ? undefined : new Leases(leases),
    tell: (fault) => host.tell('sink', fault),
  });
}

/** Writers in a thread of their own. */
function inThread(
  data: WriterSettings,
  { host, probe, leases }: { host: WriterHost; probe: Probe; leases: Leases },
): Promise<Publisher> {
  return startPublisher({
    entry: new URL(`../workers/publish${extname(import.meta.filename)}`, import.meta.url),
    data,
    startMs: PUBLISHER_START_MS,
    host,
    term: () => leases.term,
    tellCpu: (cpuMs) => probe({ type: 'publisher-cpu', cpuMs }),
  });
}

/** The names of the topics. Rejects with what is wrong with the brokers. */
async function checkFirst(
  settings: KafkaSettings,
  config: Config,
  logger: Logger,
): Promise<readonly string[]> {
  const { kafka } = config.system;
  const { topics, warnings, unchecked } = await checkBrokers(settings, {
    withinMs: CHECK_MS,
    tasks: startTasks(config),
    sessionTimeoutMs: kafka.session.timeoutMs,
    recordBytesMax: kafka.produce.recordBytesMax,
    exactlyOnce: isExactlyOnce(config),
  });
  for (const sentence of warnings) logger.warn({ event: 'brokers-checked' }, sentence);
  for (const sentence of unchecked) logger.info({ event: 'brokers-checked' }, sentence);
  return topics;
}

/** What the client library says goes into the log of the process. */
function clientLog(logger: Logger): KafkaSettings['log'] {
  return ({ level, text, of, fields }) => {
    logger[level]({ event: 'kafka-client', of, ...fields }, text);
  };
}
