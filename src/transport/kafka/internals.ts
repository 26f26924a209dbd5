/**
 * The one door to what kafkajs does not export: its connections and its protocol.
 *
 * kafkajs's own consumer tells of a rebalance when partitions are already gone and rejoins at once
 * (KafkaJS issues 1679, 1040), so the consumer here is our own and uses kafkajs for what lies beneath:
 * connections, TLS, SASL, metadata, coordinators, the requests of the group protocol. kafkajs is
 * pinned to an exact version, and test/kafka goes through everything named here.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, Mechanism, PartitionMetadata, SASLOptions } from 'kafkajs';
import { Kafka } from 'kafkajs';

/** One partition as requests name it. */
export interface PartitionsOf<T> {
  readonly topic: string;
  readonly partitions: readonly T[];
}

/** A request of Kafka's protocol: how it is written and how its answer is read. */
export interface ProtocolRequest<Decoded, Answer = Decoded> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ readonly buffer: Buffer; size(): number }>;
  };
  readonly response: {
    /** The answer without its correlation id; the bytes may be kept. */
    readonly decode: (bytes: Buffer) => Promise<Decoded & Partial<Throttling>>;
    readonly parse: (decoded: Decoded) => Promise<Answer>;
  };
  readonly requestTimeout?: number;
}

/** For how long the broker wants to be left alone, milliseconds. */
interface Throttling {
  readonly clientSideThrottleTime: number | null;
}

/** A member of the group, as its leader sees it. */
export interface GroupMember {
  readonly memberId: string;
  /** The consumer protocol's subscription, encoded. */
  readonly memberMetadata: Buffer;
}

/** A request on its way. */
export interface PushedRequest {
  readonly entry: {
    readonly apiKey: number;
    readonly apiName: string;
    readonly apiVersion: number;
    readonly correlationId: number;
    readonly resolve: (answer: { readonly payload: Buffer }) => void;
    readonly reject: (error: Error) => void;
  };
  readonly expectResponse: boolean;
  readonly requestTimeout: number | null;
  readonly sendRequest: () => void;
}

/** What waits for answers, and what a broker that throttles does not want yet. */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests: () => void;
  push: (request: PushedRequest) => void;
  /** An answer has come. */
  fulfillRequest(answer: {
    readonly correlationId: number;
    readonly payload: Buffer;
    readonly size: number;
  }): void;
  /** Told of each answer: for how long the broker wants to be left alone, milliseconds. */
  maybeThrottle: (forMs: number | null | undefined) => void;
  canSendSocketRequestImmediately: () => boolean;
}

/** One connection. */
export interface Connection {
  readonly clientId: string;
  readonly socket?: Pick<Socket, 'bytesRead' | 'destroy' | 'cork' | 'uncork'> & {
    write(bytes: Uint8Array): unknown;
  };
  readonly requestQueue: RequestQueue;
  /** While it logs in as brokers before 1.0 had it. */
  readonly authHandlers: object | null;
  send: <Decoded, Answer>(request: ProtocolRequest<Decoded, Answer>) => Promise<Answer>;
  /** Takes what the socket has read. */
  processData: (chunk: Buffer) => void;
  /** Logs in, if it has to and did not. */
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
  /** Throws kafkajs's error. */
  failIfNotConnected(): void;
  logError: (message: string) => void;
  isConnected(): boolean;
  /** False without SASL, and when the time has come to log in again. */
  isAuthenticated(): boolean;
  /** Is called by whoever sends over one that does not stand. */
  connect: () => Promise<unknown>;
  /** Ends what waits for an answer. */
  rejectRequests(error: Error): void;
  disconnect(): Promise<unknown>;
}

/** The two connections to a broker: fetches go through the second. */
export interface ConnectionPool {
  readonly host: string;
  readonly port: number;
  readonly sasl?: object;
  readonly pool: readonly Connection[];
  send<Decoded, Answer>(request: ProtocolRequest<Decoded, Answer>): Promise<Answer>;
}

/** One broker and its connections. Methods reject with kafkajs's errors. */
export interface Broker {
  readonly nodeId: number | null;
  /** What the broker speaks, by API key; `null` before it is connected. */
  readonly versions: Readonly<
    Record<number, { readonly minVersion: number; readonly maxVersion: number }>
  > | null;
  readonly connectionPool: ConnectionPool;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  joinGroup(request: {
    readonly groupId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly memberId: string;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<{
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly groupProtocol: string;
    readonly members: readonly GroupMember[];
  }>;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  findGroupCoordinator(request: { readonly groupId: string; readonly coordinatorType: 0 | 1 }): Promise<{
    readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
  }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  /** `offset` is `-1` where nothing is committed. */
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly PartitionsOf<{ readonly partition: number }>[];
  }): Promise<{
    readonly responses: readonly PartitionsOf<{
      readonly partition: number;
      readonly offset: string;
      readonly metadata: string | null;
    }>[];
  }>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    /** -1: the broker's own. */
    readonly retentionTime?: number;
    readonly topics: readonly PartitionsOf<{
      readonly partition: number;
      readonly offset: string;
      readonly metadata?: string;
    }>[];
  }): Promise<unknown>;
  /** `timestamp`: milliseconds since 1970, -1 for the end, -2 for the start. */
  listOffsets(request: {
    readonly replicaId?: number;
    /** 0: read uncommitted, 1: read committed. */
    readonly isolationLevel: number;
    readonly topics: readonly PartitionsOf<{
      readonly partition: number;
      readonly timestamp: number | string;
    }>[];
  }): Promise<{
    readonly responses: readonly PartitionsOf<{ readonly partition: number; readonly offset: string }>[];
  }>;
  metadata(topics: readonly string[]): Promise<{
    readonly topicMetadata: readonly {
      readonly topic: string;
      readonly isInternal?: boolean;
      readonly partitionMetadata: readonly PartitionMetadata[];
    }[];
  }>;
}

/** Connections to all brokers of a cluster, and what is known of its topics. */
export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  refreshMetadata(): Promise<void>;
  /** Only when it is older than its age. */
  refreshMetadataIfNecessary(): Promise<void>;
  /** Topics that metadata is kept of, from now on. */
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(which: { readonly nodeId: number | string }): Promise<Broker>;
  findGroupCoordinator(which: { readonly groupId: string }): Promise<Broker>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  /** Forgets a broker whose connection is lost. */
  removeBroker(which: { readonly host: string; readonly port: number }): void;
  getNodeIds(): readonly (number | string)[];
  readonly rootLogger: unknown;
  /** Makes connections that no pool knows, not open yet. */
  readonly connectionPoolBuilder: {
    build(to: { readonly host: string; readonly port: number }): Promise<ConnectionPool>;
  };
  readonly brokerPool: {
    createBroker(options: object): Broker;
  };
}

/** Codes of Kafka's protocol that are younger than kafkajs 2.2.4. */
const NEWER: Readonly<Record<number, string>> = { 90: 'PRODUCER_FENCED', 120: 'TRANSACTION_ABORTABLE' };

/** The error of a code of Kafka's protocol, as kafkajs has it. */
export function errorOfCode(code: number): Error {
  const type = NEWER[code];
  if (type !== undefined) return Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type, code });
  const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
    createErrorFromCode: (code: number) => Error;
  };
  return createErrorFromCode(code);
}

const require = createRequire(import.meta.url);

/**
 * kafkajs's own way to log in. It tells of every failure as one of the login and forgets which: here
 * the error keeps what failed as its cause, a connection that broke or what the broker said.
 */
export function loginOf(sasl: SASLOptions): Mechanism {
  const file = sasl.mechanism.replace(/^scram-sha-/, 'scram').replace('oauthbearer', 'oauthBearer');
  const login = require(`kafkajs/src/broker/saslAuthenticator/${file}`) as (
    sasl: SASLOptions,
  ) => Mechanism['authenticationProvider'];
  const authenticationProvider: Mechanism['authenticationProvider'] = (told) => {
    let cause: unknown;
    const saslAuthenticate: typeof told.saslAuthenticate = async (exchange) =>
      told.saslAuthenticate(exchange).catch((error: unknown) => {
        cause = error;
        throw error;
      });
    const authenticate = async (): Promise<void> =>
      login(sasl)({ ...told, saslAuthenticate })
        .authenticate()
        .catch((error: unknown) => {
          throw error instanceof Error && cause !== undefined ? Object.assign(error, { cause }) : error;
        });
    return { authenticate };
  };
  return { ...sasl, authenticationProvider };
}

/** Makes the socket of a connection. */
export type SocketMaker = (to: {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions | null;
  readonly onConnect: () => void;
}) => Socket;

/** Makes the connections of a consumer. */
export function createCluster(
  config: KafkaConfig,
  options: {
    readonly metadataMaxAgeMs: number;
    readonly isolation: 'read-committed' | 'read-uncommitted';
    readonly socketFactory: SocketMaker;
  },
): Cluster {
  const ClusterOf = require('kafkajs/src/cluster') as new (options: object) => Cluster;
  const { ssl, sasl, retry, ...rest } = config;
  return new ClusterOf({
    ...rest,
    ssl,
    sasl,
    retry,
    logger: new Kafka(config).logger(),
    socketFactory: options.socketFactory,
    metadataMaxAge: options.metadataMaxAgeMs,
    isolationLevel: options.isolation === 'read-committed' ? 1 : 0,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
  });
}
