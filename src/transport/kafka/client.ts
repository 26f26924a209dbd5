/**
 * kafkajs, made with the settings: its public client for producing and asking, and its cluster (the
 * protocol and the connections beneath it) for the consumer, which is our own.
 *
 * Nothing connects here.
 */
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import { makeSocket } from './framing.ts';
import type { Cluster } from './internals.ts';
import { createCluster, loginOf } from './internals.ts';
import { clientLog } from './logs.ts';
import type { KafkaSettings, SaslSettings, TlsSettings } from './settings.ts';

/** A client of one cluster of brokers. */
export interface KafkaClient {
  readonly settings: KafkaSettings;
  /** kafkajs's public API. */
  readonly kafka: Kafka;
  /** A new set of connections, not open yet; topics are never made by asking for them. */
  cluster(options: {
    readonly metadataMaxAgeMs: number;
    readonly isolation: 'read-committed' | 'read-uncommitted';
  }): Cluster;
}

/** Makes one. */
export function createClient(settings: KafkaSettings): KafkaClient {
  const config = kafkaConfig(settings);
  return {
    settings,
    kafka: new Kafka(config),
    cluster: (options) => createCluster(config, { ...options, socketFactory: makeSocket }),
  };
}

function kafkaConfig(settings: KafkaSettings): KafkaConfig {
  return {
    brokers: [...settings.brokers],
    clientId: settings.clientId,
    ...(settings.tls === null ? {} : { ssl: tlsOptions(settings.tls) }),
    ...(settings.sasl === null ? {} : { sasl: loginOf(saslOptions(settings.sasl)) }),
    connectionTimeout: settings.connectTimeoutMs,
    authenticationTimeout: settings.connectTimeoutMs,
    // Ours are in ./connections.ts: kafkajs's follow the wall clock, and take the longest for each request.
    enforceRequestTimeout: false,
    retry: { initialRetryTime: settings.backoffMs, maxRetryTime: settings.backoffMaxMs },
    logLevel: logLevel.INFO,
    logCreator: clientLog(settings.log),
  };
}

function tlsOptions({ ca, client, serverName }: TlsSettings): NonNullable<KafkaConfig['ssl']> {
  return {
    ...(ca === null ? {} : { ca }),
    ...(client === null ? {} : { cert: client.cert, key: client.key }),
    ...(client === null || client.passphrase === null ? {} : { passphrase: client.passphrase }),
    ...(serverName === null ? {} : { servername: serverName }),
  };
}

function saslOptions(sasl: SaslSettings): SASLOptions {
  if (sasl.mechanism === 'oauthbearer')
    return {
      mechanism: 'oauthbearer',
      oauthBearerProvider: async () => ({ value: await sasl.token() }),
    };
  return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
}
