/**
 * kafkajs's logger, into lines that the process's own log takes.
 *
 * What is harmless is told as `debug`: coordinators that load on a fresh cluster, leaders that move,
 * connections that a stopping broker closes. kafkajs calls these errors and retries them by itself.
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
  return { level: levelOf(level, message, fields), text: message, of: namespace, fields };
}

function levelOf(
  level: number,
  message: string,
  fields: Readonly<Record<string, unknown>>,
): ClientLine['level'] {
  const said = `${message} ${typeof fields['error'] === 'string' ? fields['error'] : ''}`;
  return PASSING.some((passing) => said.includes(passing)) ? 'debug' : (LEVELS[level] ?? 'debug');
}
