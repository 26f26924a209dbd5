/** What the commands share that ask a running process: where it is, and how long it may be silent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { controlPath } from '../config/control-path.ts';
import { askControl } from '../control/client.ts';
import type { Answers, Request, StatusAnswer } from '../control/protocol.ts';
import { EngineError } from '../model/errors.ts';
import { readConfig } from './config.ts';
import { numberFlag } from './flags.ts';
import type { Flag, Invocation } from './spec.ts';

/** The config's flags by which the process is found. */
export const SOCKET_SETTINGS: readonly string[] = ['config', 'data', 'control'];

/** Flags of every command that asks. */
export const askFlags: { readonly 'timeout-ms': Flag<number> } = {
  'timeout-ms': numberFlag({
    summary: 'how long the process may be silent before it is given up',
    min: 1,
    max: 3_600_000,
    whole: true,
    fallback: 5000,
  }),
};

/** A process at its socket. */
export interface Asked {
  readonly path: string;
  readonly timeoutMs: number;
}

/** Where the config says that the process is. Rejects with `E_CONTROL_NONE` where it says that there is no socket. */
export async function whomToAsk(
  invocation: Pick<Invocation, 'settings' | 'env' | 'terminal'> & {
    readonly flags: { readonly 'timeout-ms': number };
  },
): Promise<Asked> {
  const { system } = await readConfig(invocation);
  const path = controlPath(system);
  if (path !== null) return { path, timeoutMs: invocation.flags['timeout-ms'] };
  const why = system.control === null ? 'control is none' : 'there is none with transport: memory';
  throw new EngineError('E_CONTROL_NONE', `by its config the process has no control socket: ${why}`, {
    hint: 'Name its socket with --control PATH, or the config that it runs with by --config FILE.',
  });
}

const LOOK_EVERY_MS = 500;

/**
 * Asks for what takes its time, and looks meanwhile whether the process lives: `look` gets a status now
 * and then. The first look comes before the request, so that none waits in a stopped process. Rejects
 * as {@link askControl} does, with `E_CONTROL_TIMEOUT` when the process is silent for too long.
 */
export async function askPatiently<const R extends Request>(
  request: R,
  { path, timeoutMs }: Asked,
  look: (status: StatusAnswer) => void,
): Promise<Answers[R['command']]> {
  look(await askControl({ command: 'status' }, { path, timeoutMs }));
  const giveUp = new AbortController();
  const answered = new AbortController();
  const asking = askControl(request, { path, timeoutMs: null, signal: giveUp.signal }).finally(() => {
    answered.abort();
  });
  let silence: unknown = null;
  const looking = lookUntil(answered.signal, { path, timeoutMs }, look).catch((error: unknown) => {
    silence = error;
    giveUp.abort();
  });
  try {
    return await asking;
  } catch (error) {
    throw silence ?? error;
  } finally {
    await looking;
  }
}

/** Rejects with `E_CONTROL_TIMEOUT` only: whatever else is wrong, the answer itself will tell. */
async function lookUntil(
  answered: AbortSignal,
  asked: Asked,
  look: (status: StatusAnswer) => void,
): Promise<void> {
  while (!answered.aborted) {
    await sleep(LOOK_EVERY_MS, null, { signal: answered }).catch(() => undefined);
    if (answered.aborted) return;
    const status = await askControl({ command: 'status' }, { ...asked, signal: answered }).catch(
      (error: unknown) => {
        const isSilent = error instanceof EngineError && error.code === 'E_CONTROL_TIMEOUT';
        if (isSilent && !answered.aborted) throw error;
        return null;
      },
    );
    if (status !== null && !answered.aborted) look(status);
  }
}
