/** The command as a process of its own, as a user starts it. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** How a command ended and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The repository. */
export const ROOT: string = join(import.meta.dirname, '../..');

/** Starts `faultline ARGS`. */
export function startFaultline(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const main = join(ROOT, 'src/main.ts');
  return spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs `faultline ARGS` to its end. */
export async function faultline(...args: readonly string[]): Promise<Ended> {
  const child = startFaultline(args);
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await closed) as [number | null];
  return { code, out, err };
}
