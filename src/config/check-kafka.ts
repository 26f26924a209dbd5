/** What the section `kafka` must be as a whole, where the transport is Kafka. */
import type { Bound } from './bounds.ts';
import { checkBounds } from './bounds.ts';
import type { System } from './config.ts';
import type { Draft } from './draft.ts';
import type { Mistakes } from './mistakes.ts';

type Kafka = System['kafka'];

/** Takes every mistake of the section. */
export function checkKafka({ system, systemGivenBy }: Draft, mistakes: Mistakes): void {
  const { kafka } = system;
  const rules = [...brokerRules(kafka), ...tlsRules(kafka), ...saslRules(kafka), ...clientRules(system)];
  for (const { broken, at, message } of rules) {
    if (!broken) continue;
    // What is missing was given by nobody: then the place is the one that asks for Kafka.
    const { place = '', path = '' } = systemGivenBy(`kafka.${at}`) ?? systemGivenBy('transport') ?? {};
    mistakes.add({ place, path, message });
  }
  const bounds = boundsOf(system).map((bound) => ({ ...bound, givenBy: systemGivenBy }));
  checkBounds(bounds, mistakes);
}

/** Sentences about what is odd and yet no mistake. */
export function kafkaOddities({ transport, kafka }: System): readonly string[] {
  const isBare = transport === 'kafka' && kafka.sasl.mechanism === 'plain' && !kafka.tls.enabled;
  return isBare ? ['kafka.sasl.mechanism plain without kafka.tls.enabled sends the password in clear'] : [];
}

/** A rule, and the key (below `kafka`) whose giver is named when it is broken. */
interface Rule {
  readonly broken: boolean;
  readonly at: string;
  readonly message: string;
}

function brokerRules({ brokers }: Kafka): readonly Rule[] {
  const message = 'kafka.brokers is missing: expected HOST:PORT of a broker or more (--brokers)';
  return [{ broken: brokers.length === 0, at: 'brokers', message }];
}

function tlsRules({ tls }: Kafka): readonly Rule[] {
  const { certFile, keyFile, passphrase, passphraseFile } = tls;
  const keyed = passphrase === null ? 'passphraseFile' : 'passphrase';
  return [
    ...given(tls, 'enabled').map((name) => ({
      broken: !tls.enabled,
      at: `tls.${name}`,
      message: `kafka.tls.${name} needs kafka.tls.enabled`,
    })),
    needs('tls.certFile', certFile, 'kafka.tls.keyFile', keyFile),
    needs('tls.keyFile', keyFile, 'kafka.tls.certFile', certFile),
    needs(`tls.${keyed}`, passphrase ?? passphraseFile, 'kafka.tls.keyFile', keyFile),
    onlyOne('tls.passphrase', passphrase, passphraseFile),
  ];
}

function saslRules({ sasl }: Kafka): readonly Rule[] {
  const { mechanism, username, password, passwordFile, tokenModule } = sasl;
  const asked = keysOf(mechanism);
  const missing = (name: string): Rule => ({
    broken: asked.includes(name),
    at: 'sasl.mechanism',
    message: `kafka.sasl.mechanism ${mechanism} needs kafka.sasl.${name}`,
  });
  return [
    ...given(sasl, 'mechanism').map((name) => ({
      broken: !asked.includes(name),
      at: `sasl.${name}`,
      message: `kafka.sasl.${name} has no meaning with kafka.sasl.mechanism ${mechanism}`,
    })),
    ...(username === null ? [missing('username')] : []),
    ...(password === null && passwordFile === null ? [missing('passwordFile')] : []),
    ...(tokenModule === null ? [missing('tokenModule')] : []),
    onlyOne('sasl.password', password, passwordFile),
  ];
}

function clientRules({ kafka: { produce }, delivery }: System): readonly Rule[] {
  const isOther = produce.client !== 'faultline';
  const rule = (broken: boolean, needed: string): Rule => ({
    broken: isOther && broken,
    at: 'produce.client',
    message: `kafka.produce.client ${produce.client} needs ${needed}`,
  });
  return [
    rule(delivery === 'exactly-once', 'delivery at-least-once'),
    rule(produce.thread, 'kafka.produce.thread false'),
  ];
}

/** What a mechanism asks for. */
function keysOf(mechanism: Kafka['sasl']['mechanism']): readonly string[] {
  if (mechanism === 'none') return [];
  return mechanism === 'oauthbearer' ? ['tokenModule'] : ['username', 'password', 'passwordFile'];
}

/** Names of the keys of a section that hold something, but for the one that chooses. */
function given(section: Readonly<Record<string, unknown>>, chooser: string): readonly string[] {
  return Object.keys(section).filter((name) => name !== chooser && section[name] !== null);
}

function needs(at: string, value: unknown, otherPath: string, other: unknown): Rule {
  return { broken: value !== null && other === null, at, message: `kafka.${at} needs ${otherPath}` };
}

function onlyOne(at: string, value: unknown, inFile: unknown): Rule {
  const message = `kafka.${at} and kafka.${at}File say the same thing: give one of them`;
  return { broken: value !== null && inFile !== null, at: `${at}File`, message };
}

function boundsOf({ kafka, shutdown }: System): readonly Omit<Bound, 'givenBy'>[] {
  const { session, fetch, produce } = kafka;
  return [
    {
      path: 'kafka.backoffMs',
      value: kafka.backoffMs,
      most: { path: 'kafka.backoffMaxMs', value: kafka.backoffMaxMs },
    },
    {
      path: 'kafka.session.heartbeatMs',
      value: session.heartbeatMs,
      most: {
        path: 'kafka.session.timeoutMs',
        value: Math.floor(session.timeoutMs / 3),
        words: 'a third of kafka.session.timeoutMs',
      },
    },
    {
      path: 'shutdown.revokeMs and shutdown.commitMs together',
      value: shutdown.revokeMs + shutdown.commitMs,
      most: { path: 'kafka.session.rebalanceTimeoutMs', value: session.rebalanceTimeoutMs },
    },
    {
      path: 'kafka.produce.timeoutMs',
      value: produce.timeoutMs,
      most: { path: 'kafka.transactionTimeoutMs', value: kafka.transactionTimeoutMs },
    },
    {
      path: 'kafka.fetch.waitMs',
      value: fetch.waitMs,
      most: { path: 'kafka.requestTimeoutMs', value: kafka.requestTimeoutMs },
    },
    {
      path: 'kafka.fetch.bytesMin',
      value: fetch.bytesMin,
      most: { path: 'kafka.fetch.bytesMax', value: fetch.bytesMax },
    },
    {
      path: 'kafka.fetch.partitionBytesMax',
      value: fetch.partitionBytesMax,
      most: { path: 'kafka.fetch.bytesMax', value: fetch.bytesMax },
    },
  ];
}
