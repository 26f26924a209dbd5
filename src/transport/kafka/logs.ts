/**
 * kafkajs's logger, into lines that the process's own log takes.
 *
 * What is harmless, or told already, is `debug`: coordinators that load on a fresh cluster and leaders
 * that move, which kafkajs retries by itself; connections and logins that fail, which it repeats for
 * each attempt while the transport tells them once, as its own errors and events.
 */
import type { LogEntry, logCreator } from 'kafkajs';
import { logLevel } from 'kafkajs';
import type { ClientLine, KafkaSettings } from './settings.ts';

/** What kafkajs says loudly and cures by itself: protocol errors of moments in which something moves. */
const PASSING = [
  'The coordinator is loading',
  'The group coordinator is not available',
  'This is not the correct coordinator for this group',
  'This server is not the leader for that topic-partition',
  'There is no leader for this topic-partition',
  'The group is rebalancing',
  'This server does not host this topic-partition',
];

/** The parts of kafkajs that connect and log in. */
const CONNECTING = /^(Connection|BrokerPool|SaslAuthenticator-.*)$/;
/** What a connection says of a broker's answer is none of connecting, but for those to a login. */
const ANSWER = /^Response (?!Sasl)/;

const LEVELS: Readonly<Record<number, ClientLine['level']>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug',
};

/** What kafkajs is given as its `logCreator`. */
export function clientLog(tell: KafkaSettings['log']): logCreator {
  return () => (entry) => {
    tell(lineOf(entry));
  };
}

/** Secrets never come here: kafkajs logs neither passwords nor keys. */
function lineOf({ namespace, level, log }: LogEntry): ClientLine {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = log;
  const isQuiet = isOfConnecting(namespace, message) || isPassing(message, fields);
  return { level: isQuiet ? 'debug' : (LEVELS[level] ?? 'debug'), text: message, of: namespace, fields };
}

function isOfConnecting(namespace: string, message: string): boolean {
  return CONNECTING.test(namespace) && !ANSWER.test(message);
}

function isPassing(message: string, fields: Readonly<Record<string, unknown>>): boolean {
  const said = `${message} ${typeof fields['error'] === 'string' ? fields['error'] : ''}`;
  return PASSING.some((passing) => said.includes(passing));
}
