/**
 * What writes to Kafka, made from plain data, so that it can be made in another thread: what cannot be copied
 * there (log, faults, tokens) is its host's.
 */
import type { EngineError } from '../../model/errors.ts';
import type { KafkaClient } from './client.ts';
import { createClient } from './client.ts';
import { Leases } from './lease.ts';
import type {
  ClientLine,
  KafkaSettings,
  ProduceSettings,
  SaslSettings,
  TransactionSettings,
} from './settings.ts';
import { KafkaSink } from './sink.ts';
import { KafkaTransactions } from './transactions.ts';

/** What writers are made of: plain data, secrets included. */
export interface WriterSettings {
  readonly connection: Omit<KafkaSettings, 'log' | 'sasl'> & {
    /** `oauthbearer`: tokens are the host's. */
    readonly sasl: Exclude<SaslSettings, { mechanism: 'oauthbearer' }> | 'oauthbearer' | null;
  };
  readonly produce: ProduceSettings;
  /** `null`: there are no transactions. */
  readonly transactions: TransactionSettings | null;
  /** {@link Leases.shared} of the groups that are read; `null`: what was taken may always be written. */
  readonly leases: SharedArrayBuffer | null;
}

/** Whom writers talk to. */
export interface WritersHost {
  log(line: ClientLine): void;
  tell(part: 'sink' | 'transactions', error: EngineError): void;
  token(): Promise<string>;
}

/** The settings as data that can go to another thread. */
export function writerSettings(
  settings: KafkaSettings,
  others: Omit<WriterSettings, 'connection'>,
): WriterSettings {
  const { log: _log, sasl, ...connection } = settings;
  const plain = sasl?.mechanism === 'oauthbearer' ? 'oauthbearer' : sasl;
  return { connection: { ...connection, sasl: plain }, ...others };
}

/** Makes them, on a client that `make` makes; they connect when they are first used. */
export function createWriters(
  { connection, produce, transactions, leases: shared }: WriterSettings,
  host: WritersHost,
  make: (settings: KafkaSettings) => KafkaClient = createClient,
): { readonly sink: KafkaSink; readonly transactions: KafkaTransactions | null } {
  const { sasl } = connection;
  const client = make({
    ...connection,
    sasl: sasl === 'oauthbearer' ? { mechanism: sasl, token: () => host.token() } : sasl,
    log: (line) => host.log(line),
  });
  const leases = shared === null ? undefined : new Leases(shared);
  const teller = (part: 'sink' | 'transactions') => (error: EngineError) => host.tell(part, error);
  return {
    sink: new KafkaSink({ client, produce, leases, tell: teller('sink') }),
    transactions:
      transactions === null
        ? null
        : new KafkaTransactions({ client, produce, transactions, tell: teller('transactions') }),
  };
}
