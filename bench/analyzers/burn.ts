/**
 * An analyzer that takes a known amount of CPU: as many native chunks as the event asks for in
 * `values.burn_chunks`. A loop of JavaScript would not do: it runs at another speed whenever the compiler has
 * changed its mind. It looks at nothing else; its finding is small.
 */
import { hash } from 'node:crypto';
import type { CustomFinding } from '../../src/model/analyzer.ts';
import type { PerfEvent } from '../../src/model/event.ts';

/** The version in its findings. */
export const version = '1';

/** What a chunk is the hash of: long enough that the call itself does not count, short enough for a cache. */
const BLOCK = new Uint8Array(8192);

/** Burns chunks. They are of one length, which each run measures. */
export function burn(chunks: number): void {
  for (let i = 0; i < chunks; i += 1) hash('sha256', BLOCK, 'hex');
}

/** Burns what the event asks for and says how much that was. */
export default function analyze({ values }: PerfEvent): CustomFinding {
  const chunks = Number(values['burn_chunks']);
  burn(chunks);
  return { chunks };
}
