/** Where the control socket of a config is. */
import { join, resolve } from 'node:path';
import type { System } from './config.ts';

const SOCKET_NAME = 'control.sock';

/** An absolute path; `null` where there is none: `control: none`, or `auto` with a transport that keeps nothing. */
export function controlPath({ control, transport, data }: System): string | null {
  if (control === null) return null;
  if (control !== 'auto') return resolve(control);
  return transport === 'memory' ? null : join(resolve(data), SOCKET_NAME);
}
