/**
 * The log of the process: objects with event, stage, ids and units, on standard error, so that
 * standard output stays for results. JSON, or lines for people on a terminal.
 *
 * Never a payload and never a secret: what is logged of a delivery is where it lies.
 */
import type { Logger } from 'pino';
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type { Logger } from 'pino';
export { logProbe } from './log-probe.ts';

/** The least that is written, of pino's levels. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Where lines go, each with its line break. */
export interface LogDestination {
  write(line: string): void;
}

/** How to log. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** `auto`: pretty where standard error is a terminal. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Standard error unless given. */
  readonly destination?: LogDestination;
}

const STDERR_FD = 2;

/** Makes the logger. Writes are synchronous: the last line before an exit is not lost. */
export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const to = destination ?? pino.destination({ fd: STDERR_FD, sync: true });
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, isPretty ? prettyInto(to) : to);
}

function prettyInto(destination: LogDestination): LogDestination {
  const prettify = prettyFactory({
    colorize: process.stderr.isTTY && process.stderr.hasColors(),
    ignore: 'pid,event',
    messageFormat: ({ event, msg }) =>
      printable([event, msg].filter((part) => typeof part === 'string').join(' ')),
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return {
    write: (line) => {
      destination.write(prettify(line));
    },
  };
}

/** A message may quote an event, and an event must not steer a terminal. Fields are JSON, which escapes. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
