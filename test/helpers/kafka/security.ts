/**
 * How the clients of a cluster for tests prove who they are, and what they may then do: TLS with a
 * certificate authority of the cluster's own, SASL with every mechanism, and Kafka's authorizer, in
 * whose eyes one of the users may do everything and the other nothing.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Properties } from './properties.ts';
import { findCommand, KafkaUnavailable } from './tools.ts';

/**
 * What `brokers` of a cluster ask for: nothing, TLS, TLS with a certificate of the client, or SASL (PLAIN,
 * SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER with an unsigned token) over plain text or TLS.
 * With SASL there are rights: `owner` has all, `stranger` none until an ACL gives some.
 */
export type Security = 'none' | 'tls' | 'mutual-tls' | 'sasl' | 'sasl-tls';

/** A user of a cluster with SASL. */
export interface KafkaUser {
  readonly username: string;
  readonly password: string;
}

/** Who may log in. */
export const USERS: { readonly owner: KafkaUser; readonly stranger: KafkaUser } = {
  owner: { username: 'owner', password: 'owner-secret' },
  stranger: { username: 'stranger', password: 'stranger-secret' },
};

/** PEM files for a client: whom it trusts, and what it shows where the broker asks for a certificate. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const PROTOCOLS = {
  none: 'PLAINTEXT',
  tls: 'SSL',
  'mutual-tls': 'SSL',
  sasl: 'SASL_PLAINTEXT',
  'sasl-tls': 'SASL_SSL',
} as const;

/** Kafka's name for it. */
export function securityProtocol(security: Security): string {
  return PROTOCOLS[security];
}

/** Whether it needs the files of `makeCertificates`. */
export function hasTls(security: Security): boolean {
  return security.endsWith('tls');
}

/** What the broker is told for it; the files of `makeCertificates` lie in the directory. */
export function securityProperties(security: Security, directory: string): Properties {
  return {
    ...(hasTls(security) ? tlsProperties(directory) : {}),
    ...(security === 'mutual-tls' ? { 'listener.name.client.ssl.client.auth': 'required' } : {}),
    ...(security.startsWith('sasl') ? SASL_PROPERTIES : {}),
  };
}

/** What the storage tool is told: SCRAM users have to be there before the broker is. */
export function scramArguments(security: Security): readonly string[] {
  if (!security.startsWith('sasl')) return [];
  return Object.values(USERS).flatMap(({ username, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${username},password=${password}]`,
    ]),
  );
}

/** A token of Kafka's unsecured OAUTHBEARER (an unsigned JWT), good for an hour. */
export function unsecuredToken({ username }: KafkaUser): string {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { sub: username, iat: seconds, exp: seconds + 3600 };
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'none' })}.${encode(claims)}.`;
}

/** Makes an authority, and certificates of it for the broker and for a client. Throws KafkaUnavailable without openssl. */
export function makeCertificates(directory: string): TlsFiles {
  const openssl = findCommand('openssl');
  if (openssl === undefined) throw new KafkaUnavailable('there is no openssl to make certificates with');
  const file = (name: string): string => join(directory, name);
  const make = (name: string, subject: string, ...args: readonly string[]): void => {
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file(`${name}.key`),
    ];
    const request = ['req', '-x509', '-days', '2', '-subj', `/CN=${subject}`, '-out', file(`${name}.pem`)];
    execFileSync(openssl, [...request, ...key, ...args], { stdio: 'pipe' });
  };
  const signed = ['-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  make('ca', 'authority of faultline tests');
  make('broker', 'broker', ...signed, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
  make('client', 'client', ...signed);
  const parts = ['broker.key', 'broker.pem'].map((name) => readFileSync(file(name), 'utf8'));
  writeFileSync(file('broker-store.pem'), parts.join(''));
  return { ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') };
}

function tlsProperties(directory: string): Properties {
  return {
    'listener.name.client.ssl.keystore.type': 'PEM',
    'listener.name.client.ssl.keystore.location': join(directory, 'broker-store.pem'),
    'listener.name.client.ssl.truststore.type': 'PEM',
    'listener.name.client.ssl.truststore.location': join(directory, 'ca.pem'),
  };
}

const KAFKA_SECURITY = 'org.apache.kafka.common.security';
const PLAIN_USERS = Object.values(USERS).map(({ username, password }) => `user_${username}="${password}"`);

/** Brokers and tools come by the inside listener, as ANONYMOUS: no client of a listener with SASL can be that. */
const SASL_PROPERTIES: Properties = {
  'listener.name.client.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
  'listener.name.client.plain.sasl.jaas.config': `${KAFKA_SECURITY}.plain.PlainLoginModule required ${PLAIN_USERS.join(' ')};`,
  'listener.name.client.scram-sha-256.sasl.jaas.config': `${KAFKA_SECURITY}.scram.ScramLoginModule required;`,
  'listener.name.client.scram-sha-512.sasl.jaas.config': `${KAFKA_SECURITY}.scram.ScramLoginModule required;`,
  'listener.name.client.oauthbearer.sasl.jaas.config': `${KAFKA_SECURITY}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': `User:ANONYMOUS;User:${USERS.owner.username}`,
};
