/** Pulling from a source, as the contract of sources does it. */
import assert from 'node:assert/strict';
import type { Delivery } from '../../src/model/delivery.ts';
import type { PullLimit, Source } from '../../src/ports/source.ts';

/** Long enough for every transport; a test ends long before. */
const PATIENCE_MS = 10_000;

/** A pull that waits for as long as it takes, with what a test changes of it. */
export function limit(over: Partial<PullLimit> = {}): PullLimit {
  const nothing = { paused: (): boolean => false, signal: new AbortController().signal };
  return { deliveriesMax: 1000, bytesMax: 1 << 20, waitMs: PATIENCE_MS, ...nothing, ...over };
}

/** Pulls until `count` deliveries have come; each pull that brought something. */
export async function pullAll(
  source: Source,
  count: number,
  over: Partial<PullLimit> = {},
): Promise<(readonly Delivery[])[]> {
  const pulls: (readonly Delivery[])[] = [];
  for (let left = count; left > 0;) {
    const pulled = await source.pull(limit(over));
    assert.ok(pulled.length > 0, `${left} of ${count} deliveries did not come`);
    pulls.push(pulled);
    left -= pulled.length;
    assert.ok(left >= 0, `${-left} deliveries too many`);
  }
  return pulls;
}
