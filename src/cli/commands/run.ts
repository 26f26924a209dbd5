/** `faultline run`: the engine, until it is told to stop or has nothing left to do. */
import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { App } from '../../app.ts';
import type { Config } from '../../config/config.ts';
import { selectTasks } from '../../config/resolve.ts';
import { EngineError } from '../../model/errors.ts';
import type { RunSummary } from '../../observe/summary.ts';
import { onSignals, type ExitSignal } from '../../system/signals.ts';
import { readConfig } from '../config.ts';
import { fileFault } from '../file-fault.ts';
import { listFlag, optionalText, switchFlag } from '../flags.ts';
import { formatAmount, formatCount } from '../format.ts';
import { Progress } from '../progress.ts';
import { summaryView, tasksStopped } from '../run-summary.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import type { Terminal } from '../terminal.ts';

const flags = {
  task: listFlag({ placeholder: 'NAME', summary: 'run only this task of the config' }),
  'until-idle': switchFlag('end when everything is read and finished'),
  summary: optionalText({ placeholder: 'FILE', summary: 'write the final figures there, as JSON' }),
};

/** The declaration. */
export const runCommand: Command = command({
  name: 'run',
  summary: 'Consume events, analyse them in worker threads, publish findings.',
  details: [
    'Without a config file there are two tasks, crash and lag, that read the topics of the embedded log by name. SIGTERM or Ctrl-C: stop consuming, finish what is in hand, publish, commit, close; a second signal ends at once, still without committing what is not done.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: [
    'config',
    'data',
    'transport',
    'brokers',
    'threads',
    'lanes',
    'batch-events',
    'batch-bytes',
    'linger-ms',
    'in-flight',
    'publish',
    'from',
    'group',
    'durability',
    'http',
    'control',
    'log-level',
  ],
  allSettings: true,
  examples: [
    { args: 'run', does: 'both tasks, until it is told to stop' },
    { args: 'run --until-idle --summary summary.json', does: 'what there is, then end with the figures' },
    { args: 'run --task crash --threads 2 --http 9464', does: 'crashes only, on two threads, with metrics' },
  ],
  run,
});

/** How often the progress looks at how much is left. */
const LOOK_EVERY_MS = 500;

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const exit = listenForExit(invocation.terminal);
  try {
    return await runUntil(exit, invocation);
  } finally {
    exit.close();
  }
}

async function runUntil(exit: Exit, invocation: Invocation<typeof flags>): Promise<number> {
  const { flags: chosen, terminal } = invocation;
  const config = selectTasks(await readConfig(invocation), chosen.task);
  if (chosen.summary !== null) await requireWritable(chosen.summary);
  const [{ openApp }, { createLogger }, { Summary }] = await Promise.all([
    import('../../app.ts'),
    import('../../observe/logger.ts'),
    import('../../observe/summary.ts'),
  ]);
  const destination = { write: (line: string) => terminal.note(line.trimEnd()) };
  const logger = createLogger({ ...config.system.logging, destination });
  const summary = new Summary();
  const app = await openApp(config, { logger, untilIdle: chosen['until-idle'], probes: [summary.probe] });
  if (app.address !== null) logger.info({ event: 'listening', address: app.address });
  exit.drains(app);
  const watch = watchProgress(app, terminal, { done: () => summary.done, untilIdle: chosen['until-idle'] });
  let ended = false;
  try {
    const { unfinished, stopped } = await app.run();
    ended = true;
    if (stopped.length > 0) throw tasksStopped(stopped);
    if (unfinished > 0) throw leftUnfinished(unfinished, config.system.shutdown.drainMs);
    return 0;
  } finally {
    watch.close();
    const result = summary.result();
    // Of a run that failed before it began there are no figures.
    if (ended || result.consumed > 0) await tellSummary(result, config, invocation);
    if (chosen.summary !== null) await writeSummary(chosen.summary, result);
  }
}

async function tellSummary(
  summary: RunSummary,
  config: Config,
  { terminal, env }: Pick<Invocation, 'terminal' | 'env'>,
): Promise<void> {
  const { paint } = terminal;
  const view = summaryView(summary, { config, env, paint, columns: terminal.columns() });
  // Apart from the lines of the log.
  if (terminal.statusIsTTY) terminal.note('');
  await terminal.print(`${view.join('\n')}\n`);
}

/** The ordered exit that a signal asks for. */
interface Exit {
  /** Drains this one at the signal, or now where it has already come. */
  drains(app: App): void;
  close(): void;
}

/** Listens from now on, so that a signal while things are being opened is none that kills. */
function listenForExit(terminal: Terminal): Exit {
  let asked: ExitSignal | null = null;
  let running: App | null = null;
  const close = onSignals({
    first: (signal) => {
      asked = signal;
      void running?.drain(signal);
    },
    second: (signal) => {
      const what = asked === null || asked === signal ? `${signal} again` : `${signal} after ${asked}`;
      terminal.note(`${what}: ending at once; what is not committed comes again`);
    },
  });
  return {
    drains: (app) => {
      running = app;
      if (asked !== null) void app.drain(asked);
    },
    close,
  };
}

/** Shows a bar where the end is in sight, else how much flows; elsewhere than on a terminal only the former. */
function watchProgress(
  app: App,
  terminal: Terminal,
  { done, untilIdle }: { readonly done: () => number; readonly untilIdle: boolean },
): { close(): void } {
  if (!untilIdle && !terminal.statusIsTTY) return { close: () => undefined };
  const progress = new Progress(terminal, 'deliveries done');
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    const left = (await app.backlog()).reduce((sum, { deliveries }) => sum + deliveries, 0);
    const total = done() + app.inFlight() + left;
    const remark = `${formatCount(app.inFlight())} in flight${untilIdle ? '' : `, ${formatCount(left)} to come`}`;
    progress.update(done(), remark, untilIdle ? total : null);
    looking = false;
  };
  // Whatever keeps the backlog from being read is the engine’s business; the next look may see it.
  const timer = setInterval(() => void look().catch(() => (looking = false)), LOOK_EVERY_MS).unref();
  return {
    close: () => {
      clearInterval(timer);
      progress.close();
    },
  };
}

async function requireWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw notWritable(path, cause);
  });
}

async function writeSummary(path: string, summary: RunSummary): Promise<void> {
  await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`).catch((cause: unknown) => {
    throw notWritable(path, cause);
  });
}

function notWritable(path: string, cause: unknown): EngineError {
  return new EngineError('E_OUTPUT_WRITE', `cannot write ${path}: ${fileFault(cause)}`, { cause });
}

function leftUnfinished(unfinished: number, drainMs: number): EngineError {
  const amount = formatAmount(unfinished, 'delivery', 'deliveries');
  return new EngineError('E_DRAIN_DEADLINE', `${amount} unfinished after ${drainMs} ms; not committed`);
}
