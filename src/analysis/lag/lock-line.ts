/**
 * A line of a thread dump that tells of a lock: ART's and HotSpot's forms.
 *
 *     - waiting to lock <0x0d3a2f0a> (a java.lang.Object) held by thread 5
 *     - parking to wait for  <0x000000069ec1b1b8> (a java.util.concurrent.locks.ReentrantLock$NonfairSync)
 *     - locked <@addr=0x12c0> (a java.lang.Class<a.B>)
 *     - waiting to lock an unknown object
 *     - <0x000000069ec1b1b8> (a …)          below "Locked ownable synchronizers:"
 */
import type { Lock } from '../../model/report.ts';

/** How a line begins, after `- `, and what it means. Longer beginnings first. */
const KINDS: readonly (readonly [start: string, kind: Lock['kind']])[] = [
  ['waiting to lock ', 'waiting-to-lock'],
  ['waiting to re-lock in wait() ', 'waiting-to-lock'],
  ['waiting on ', 'waiting-on'],
  ['sleeping on ', 'sleeping-on'],
  ['parking to wait for ', 'parking'],
  ['locked ', 'locked'],
  ['<', 'locked'],
];

/** Parses a trimmed line; `frame` is the index of the frame that it follows. `null` for what is no lock. */
export function parseLockLine(line: string, frame: number): Lock | null {
  if (!line.startsWith('- ')) return null;
  const known = KINDS.find(([start]) => line.startsWith(start, 2));
  if (known === undefined) return null;
  const address = addressOf(line);
  const className = classOf(line);
  const heldBy = holderOf(line);
  return {
    kind: known[1],
    ...(address !== undefined && { address }),
    ...(className !== undefined && { className }),
    ...(heldBy !== undefined && { heldBy }),
    frame,
  };
}

function addressOf(line: string): string | undefined {
  const open = line.indexOf('<');
  const close = line.indexOf('>', open);
  if (open < 0 || close < 0 || line.startsWith('<owner', open)) return undefined;
  const inside = line.slice(open + 1, close);
  return inside.startsWith('@addr=') ? inside.slice(6) : inside;
}

function classOf(line: string): string | undefined {
  const open = line.indexOf('(a ');
  const close = line.indexOf(')', open);
  return open < 0 || close < 0 ? undefined : line.slice(open + 3, close);
}

function holderOf(line: string): string | undefined {
  const at = line.lastIndexOf(' held by thread ');
  const id = at < 0 ? '' : line.slice(at + 16).trim();
  return id === '' ? undefined : (id.split(' ', 1)[0] ?? id);
}
