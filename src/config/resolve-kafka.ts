/**
 * The section `kafka` as its transport takes it: files read, secrets told, the module of tokens loaded.
 *
 * The transport is not imported (borders): the shapes are its own (`src/transport/kafka/settings.ts`).
 * From here on secrets are plain text, for those who log in: nothing of it may be logged.
 */
import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { describe, EngineError } from '../model/errors.ts';
import { outputTopic } from '../model/output-topic.ts';
import type { Config, System } from './config.ts';
import { readText } from './read-text.ts';
import type { Secret } from './secret.ts';

/** TLS to the brokers; contents, not paths. */
export interface KafkaTls {
  readonly ca: string | null;
  readonly client: {
    readonly cert: string;
    readonly key: string;
    readonly passphrase: string | null;
  } | null;
  readonly serverName: string | null;
}

/** How to log in. */
export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

/** How the brokers are reached. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: KafkaTls | null;
  readonly sasl: KafkaSasl | null;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/** Everything that the transport is made with. */
export interface ResolvedKafka {
  readonly connection: KafkaConnection;
  readonly member: {
    readonly sessionTimeoutMs: number;
    readonly heartbeatMs: number;
    readonly rebalanceTimeoutMs: number;
    readonly topicsRefreshMs: number;
  };
  readonly fetch: System['kafka']['fetch'];
  readonly produce: System['kafka']['produce'];
  readonly transactions: { readonly timeoutMs: number; readonly partitionsMax: number };
}

/** Where what the config names is got from; given by tests. */
export interface KafkaFiles {
  /** The text of a file. Rejects with `E_CONFIG_READ`, whose message begins with `what`. */
  readonly readText: (path: string, what: string) => Promise<string>;
  /** The exports of a module. */
  readonly load: (path: string) => Promise<unknown>;
}

const FILES: KafkaFiles = {
  readText,
  load: (path) => import(pathToFileURL(resolve(path)).href) as Promise<unknown>,
};

/**
 * Reads and loads what the section names. Rejects with `E_CONFIG_READ`, which names key and file, and
 * with `E_KAFKA_TLS` where certificates and keys cannot be used.
 */
export async function resolveKafka({ kafka }: System, files: KafkaFiles = FILES): Promise<ResolvedKafka> {
  const { brokers, clientId, tls, sasl, session, fetch, produce } = kafka;
  const { connectTimeoutMs, requestTimeoutMs, backoffMs, backoffMaxMs } = kafka;
  return {
    connection: {
      brokers,
      clientId,
      tls: tls.enabled ? await resolveTls(tls, files) : null,
      sasl: await resolveSasl(sasl, files),
      connectTimeoutMs,
      requestTimeoutMs,
      backoffMs,
      backoffMaxMs,
    },
    member: {
      sessionTimeoutMs: session.timeoutMs,
      heartbeatMs: session.heartbeatMs,
      rebalanceTimeoutMs: session.rebalanceTimeoutMs,
      topicsRefreshMs: session.topicsRefreshMs,
    },
    fetch,
    produce,
    transactions: { timeoutMs: kafka.transactionTimeoutMs, partitionsMax: kafka.exactlyOncePartitionsMax },
  };
}

/** A task as start-up looks at it. */
export interface StartTask {
  readonly name: string;
  readonly group: string;
  readonly patterns: readonly string[];
  readonly subscribes: (topic: string) => boolean;
  readonly outputs: (topic: string | null) => readonly string[];
}

/** The tasks, with the output topics that can be known before anything is analysed: not those of unknown categories. */
export function startTasks({ tasks }: Config): readonly StartTask[] {
  return tasks.map(({ name, group, topics, outputs, analyzers }) => ({
    name,
    group,
    patterns: topics.map(({ source }) => source),
    subscribes: (topic) => topics.some((pattern) => pattern.test(topic)),
    outputs: (topic) => [
      ...filled(outputs.findings, { topic, task: name, categories: Object.keys(analyzers) }),
      ...filled(outputs.deadLetters, { topic, task: name, categories: ['unknown'] }),
    ],
  }));
}

function filled(
  template: string,
  { topic, task, categories }: { topic: string | null; task: string; categories: readonly string[] },
): readonly string[] {
  if (topic === null && template.includes('{topic}')) return [];
  const each = template.includes('{category}') ? categories : [''];
  return each.map((category) => outputTopic(template, { topic: topic ?? '', task, category }));
}

type Tls = System['kafka']['tls'];

async function resolveTls(tls: Tls, files: KafkaFiles): Promise<KafkaTls> {
  const read = (name: 'caFile' | 'certFile' | 'keyFile'): Promise<string | null> =>
    readNamed(tls[name], `kafka.tls.${name}`, files);
  const [ca, cert, key] = await Promise.all([read('caFile'), read('certFile'), read('keyFile')]);
  const passphrase = await secretOf(tls.passphrase, tls.passphraseFile, 'kafka.tls.passphraseFile', files);
  const client = cert === null || key === null ? null : { cert, key, passphrase };
  requireUsable(ca, client, tls);
  return { ca, client, serverName: tls.serverName };
}

/** Said now and in words, where the first connection would only fail. */
function requireUsable(
  ca: KafkaTls['ca'],
  client: KafkaTls['client'],
  { caFile, certFile, keyFile }: Tls,
): void {
  const attempt = (what: string, use: () => unknown): void => {
    try {
      use();
    } catch (error) {
      const message = `${what} cannot be used: ${describe(error)}`;
      throw new EngineError('E_KAFKA_TLS', message, {
        cause: error,
        hint: 'Expected are PEM files, the key that belongs to the certificate, and its passphrase.',
      });
    }
  };
  if (ca !== null) attempt(`kafka.tls.caFile ${caFile}`, () => new X509Certificate(ca));
  if (client === null) return;
  const { cert, key, passphrase } = client;
  attempt(`kafka.tls.certFile ${certFile}`, () => createSecureContext({ cert }));
  const keyed = { cert, key, ...(passphrase === null ? {} : { passphrase }) };
  attempt(`kafka.tls.keyFile ${keyFile}`, () => createSecureContext(keyed));
}

async function resolveSasl(sasl: System['kafka']['sasl'], files: KafkaFiles): Promise<KafkaSasl | null> {
  const { mechanism, username, password, passwordFile, tokenModule } = sasl;
  if (mechanism === 'none') return null;
  if (mechanism === 'oauthbearer') return { mechanism, token: await tokenProvider(tokenModule ?? '', files) };
  const text = await secretOf(password, passwordFile, 'kafka.sasl.passwordFile', files);
  return { mechanism, username: username ?? '', password: text ?? '' };
}

/** For a token to be there: less than a session that ends without heartbeats, milliseconds. */
const TOKEN_MS = 5000;

/** The module's default export, which says itself what is wrong with it. */
async function tokenProvider(path: string, { load }: KafkaFiles): Promise<() => Promise<string>> {
  const what = `kafka.sasl.tokenModule ${path}`;
  const provide = await load(path).then(defaultOf, (error: unknown) => {
    throw new EngineError('E_CONFIG_READ', `${what} cannot be loaded: ${describe(error)}`, { cause: error });
  });
  if (typeof provide !== 'function') {
    throw new EngineError('E_CONFIG_READ', `${what} has no function as its default export`);
  }
  const failed = (reason: string, cause?: unknown): EngineError =>
    new EngineError('E_KAFKA_AUTH', `${what} gave no token: ${reason}`, { cause });
  return async () => {
    let token: unknown;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`nothing came within ${TOKEN_MS} ms`)), TOKEN_MS);
    try {
      token = await Promise.race([(provide as () => unknown)(), late]);
    } catch (error) {
      throw failed(describe(error), error);
    } finally {
      clearTimeout(timer);
    }
    if (typeof token !== 'string' || token === '') throw failed('what it gave is no text');
    return token;
  };
}

function defaultOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : null;
}

async function secretOf(
  secret: Secret | null,
  path: string | null,
  key: string,
  files: KafkaFiles,
): Promise<string | null> {
  // Editors end a file with a line break; no secret does.
  return secret?.reveal() ?? (await readNamed(path, key, files))?.replace(/\r?\n$/, '') ?? null;
}

async function readNamed(
  path: string | null,
  key: string,
  { readText: read }: KafkaFiles,
): Promise<string | null> {
  return path === null ? null : read(path, `${key} ${path}`);
}
