/**
 * The identity of a group: the first 128 bits of a SHA-256 over its parts.
 *
 * Crash and lag share it, so that one fix shows in both. The same parts give the same group on every
 * machine and in every later release with the same {@link GROUP_VERSION}.
 */
import { hash } from 'node:crypto';

/** Rises when the same report would fall into another group than before. */
export const GROUP_VERSION = 1;

/** 32 hexadecimal digits. Each part goes in with its length, so that no two lists read the same. */
export function groupOf(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `${String(part.length)}:${part}`;
  return hash('sha256', text, 'hex').slice(0, 32);
}
