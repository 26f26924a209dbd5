/** Settings and records in the shapes that `@platformatic/kafka` takes. Pure. */
import type { BaseOptions, MessageToProduce } from '@platformatic/kafka';
import type { Headers, Publication, TopicPartition } from '../../model/delivery.ts';
import type { KafkaSettings, SaslSettings, TlsSettings } from './settings.ts';

/** How the cluster is reached. */
export function connectionOf(settings: KafkaSettings): BaseOptions {
  const { brokers, clientId, tls, sasl, connectTimeoutMs, requestTimeoutMs } = settings;
  return {
    bootstrapBrokers: [...brokers],
    clientId,
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    autocreateTopics: false,
    ...(tls === null ? {} : { tls: tlsOf(tls) }),
    ...(sasl === null ? {} : { sasl: saslOf(sasl) }),
  };
}

/**
 * The records of one batch, with bytes of their own: the library encodes them again for each try, which
 * may be after their caller has been told.
 */
export function messagesOf(
  publications: readonly Publication[],
  { topic, partition }: TopicPartition,
): MessageToProduce[] {
  const bytes = new Copies(publications);
  return publications.map(({ key, value, headers, timestampMs }) => ({
    topic,
    partition,
    timestamp: BigInt(timestampMs),
    value: bytes.copy(value),
    ...(key === null ? {} : { key: bytes.copy(key) }),
    ...(headers.length === 0 ? {} : { headers: headersOf(headers, bytes) }),
  }));
}

/** Names may be given twice: as keys of the map they are different buffers, which stay apart. */
function headersOf(headers: Headers, bytes: Copies): Map<Buffer, Buffer> {
  return new Map(headers.map(([name, value]) => [Buffer.from(name), bytes.copy(value)]));
}

/** One piece of memory for all of a batch. */
class Copies {
  readonly #memory: Buffer;
  #at = 0;

  constructor(publications: readonly Publication[]) {
    let length = 0;
    for (const { key, value, headers } of publications) {
      length += (key?.length ?? 0) + value.length;
      for (const [, header] of headers) length += header.length;
    }
    this.#memory = Buffer.allocUnsafeSlow(length);
  }

  copy(bytes: Uint8Array): Buffer {
    const copy = this.#memory.subarray(this.#at, (this.#at += bytes.length));
    copy.set(bytes);
    return copy;
  }
}

function tlsOf({ ca, client, serverName }: TlsSettings): NonNullable<BaseOptions['tls']> {
  return {
    ...(ca === null ? {} : { ca }),
    ...(client === null ? {} : { cert: client.cert, key: client.key }),
    ...(client === null || client.passphrase === null ? {} : { passphrase: client.passphrase }),
    ...(serverName === null ? {} : { servername: serverName }),
  };
}

const MECHANISMS = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const;

function saslOf(sasl: SaslSettings): NonNullable<BaseOptions['sasl']> {
  if (sasl.mechanism === 'oauthbearer') return { mechanism: 'OAUTHBEARER', token: () => sasl.token() };
  return { mechanism: MECHANISMS[sasl.mechanism], username: sasl.username, password: sasl.password };
}
