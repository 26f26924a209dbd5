/**
 * A command that goes on until it is told to stop: its words as they come, signals, its end. It is
 * killed when the test is over, however that ends.
 */
import { once } from 'node:events';
import { startFaultline, type Ended } from '../helpers/command.ts';
import { eventually, within } from '../helpers/eventually.ts';
import type { TestEnd } from '../helpers/temporary.ts';

/** A line of the log of the process, as JSON. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** The command while it runs. */
export interface Running {
  readonly pid: number;
  /** Lines of its log so far. */
  log(): readonly LogLine[];
  /** Resolves to the first line of that event. */
  logged(event: string): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it has ended; `signal` where one ended it. */
  end(): Promise<Ended & { readonly signal: NodeJS.Signals | null }>;
}

/** Far beyond what any command here needs. */
const END_WITHIN_MS = 60_000;

/** Starts `faultline ARGS`. */
export function running(test: TestEnd, ...args: readonly string[]): Running {
  const child = startFaultline(args);
  const ended = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  test.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const log = (): readonly LogLine[] => logLines(err);
  return {
    pid: child.pid ?? 0,
    log,
    logged: (event) =>
      eventually(`a line of ${event}`, () => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} before ${event}:\n${err}`);
        return log().find((line) => line.event === event);
      }),
    kill: (signal) => void child.kill(signal),
    end: async () => {
      const [code, signal] = await within('the end of the command', ended, END_WITHIN_MS);
      return { code, signal, out, err };
    },
  };
}

/** The lines of what was written that are JSON; the last may be on its way. */
function logLines(text: string): readonly LogLine[] {
  return text.split('\n').flatMap((line) => (/^\{.*\}$/.test(line) ? [JSON.parse(line) as LogLine] : []));
}
