/** How a cluster is reached: what every client of this transport is made with. Types only; defaults live in the config. */
import type { Fault } from '../../model/errors.ts';

/** TLS to the brokers. Contents, not paths: reading files is the caller's. */
export interface TlsSettings {
  /** PEM; `null`: the certificate authorities that Node knows. */
  readonly ca: string | null;
  /** PEM of the client's own certificate and key, where the brokers ask for one. */
  readonly client: {
    readonly cert: string;
    readonly key: string;
    readonly passphrase: string | null;
  } | null;
  /** Checked against the certificate instead of the host that was connected to. */
  readonly serverName: string | null;
}

/** A token for `oauthbearer`, and what makes the next one when it runs out. */
export type TokenProvider = () => Promise<string>;

/** Who this client says it is. */
export type SaslSettings =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: TokenProvider };

/** One line of the client's own log. */
export interface ClientLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
  /** Part of the client that says it. */
  readonly of: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How a cluster is reached. */
export interface KafkaSettings {
  /** `HOST:PORT`; at least one. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: TlsSettings | null;
  readonly sasl: SaslSettings | null;
  /** For a connection to be there, TLS and SASL included. */
  readonly connectTimeoutMs: number;
  /** For one request to be answered. */
  readonly requestTimeoutMs: number;
  /** First wait before something is tried again; doubles up to the longest. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** Is told what the client library logs. */
  readonly log: (line: ClientLine) => void;
}

/** How this member reads for its group. */
export interface MemberSettings {
  /** Without a heartbeat for so long the brokers give its partitions to others. */
  readonly sessionTimeoutMs: number;
  readonly heartbeatMs: number;
  /** How long the brokers wait for members to come back when partitions are dealt anew; more than the engine needs to drain. */
  readonly rebalanceTimeoutMs: number;
  /** How often to look for topics and partitions that are new. */
  readonly topicsRefreshMs: number;
}

/** How much one fetch brings. */
export interface FetchSettings {
  readonly waitMs: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
  /** Bytes fetched and not yet pulled, of all partitions, above which nothing more is fetched; as many may be unpacked beside them. */
  readonly bufferBytesMax: number;
  /** Where to go on when the brokers do not have the position any more. */
  readonly outOfRange: 'earliest' | 'latest' | 'stop';
  /** What transactions have not committed is not read. */
  readonly isolation: 'read-committed' | 'read-uncommitted';
  /** Whether batches are compared with their checksums. */
  readonly checkCrc: boolean;
}

/** How findings are written. */
export interface ProduceSettings {
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** For brokers to acknowledge a request; the same request is repeated within it. */
  readonly timeoutMs: number;
  /** Largest record that is sent, key and headers counted: the topics' `max.message.bytes` or less. */
  readonly recordBytesMax: number;
}

/** How findings are written with positions. */
export interface TransactionSettings {
  /** The brokers end a transaction that is open for longer, and with it this owner; more than `produce.timeoutMs`. */
  readonly timeoutMs: number;
  /** Each has a producer of its own. */
  readonly partitionsMax: number;
}

/** What the transport tells beside its results. */
export type KafkaEvent =
  | {
      readonly type: 'rebalanced';
      readonly group: string;
      readonly member: string;
      readonly generation: number;
      /** Known to the leader alone; `null` for the others. */
      readonly members: number | null;
      readonly partitions: number;
    }
  | { readonly type: 'group-fault'; readonly group: string; readonly fault: Fault }
  | { readonly type: 'out-of-group'; readonly group: string; readonly reason: string }
  | { readonly type: 'unread'; readonly group: string; readonly partitions: number }
  | {
      readonly type: 'partition-stuck';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly fault: Fault;
    }
  | {
      readonly type: 'out-of-range';
      readonly group: string;
      readonly topic: string;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
    };
