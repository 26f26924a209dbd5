/** A log in a directory of its own, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Delivery } from '../../src/model/delivery.ts';
import type { Environment } from '../../src/transport/log/environment.ts';
import { openEnvironment } from '../../src/transport/log/open.ts';
import type { LogOptions } from '../../src/transport/log/store.ts';
import { LogStore } from '../../src/transport/log/store.ts';

/** Options for a small log. */
export function logOptions(dir: string, over: Partial<LogOptions> = {}): LogOptions {
  return { dir, durability: 'disk', partitions: 4, recordBytesMax: 64 * 1024, pollMs: 20, ...over };
}

/** A new directory, and how to remove it. */
export function temporaryDir(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'faultline-log-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A log whose transactions can be made to fail: they are lost, and reported as LMDB reports it. */
export interface FlakyLog {
  readonly store: LogStore;
  readonly environment: Environment;
  /** Whether the next transaction, counted from 0, is lost. */
  loses: (transaction: number) => boolean;
  close(): Promise<void>;
}

/** Opens one in a directory of its own. */
export async function openFlakyLog(over: Partial<LogOptions> = {}): Promise<FlakyLog> {
  const { dir, remove } = temporaryDir();
  const options = logOptions(dir, over);
  const real = await openEnvironment({ dir, readOnly: false, create: true });
  let transactions = 0;
  const environment: Environment = {
    ...real,
    write: async (instructions, bytes) => {
      const isLost = flaky.loses(transactions++);
      if (!isLost) return real.write(instructions, bytes);
      // It takes its turn behind those before it, as a commit does.
      await real.write(() => {});
      const noRoom = Object.assign(new Error('No space left on device'), { code: 28 });
      const commitError = Promise.reject(noRoom);
      commitError.catch(() => {});
      throw Object.assign(new Error('Commit failed'), { commitError });
    },
  };
  const store = new LogStore(options, environment);
  const flaky: FlakyLog = {
    store,
    environment,
    loses: () => false,
    close: async () => {
      await store.close();
      remove();
    },
  };
  return flaky;
}

/** All deliveries of a topic; none when there is no such topic. */
export async function readAll(store: LogStore, topic: string): Promise<Delivery[]> {
  if (!store.topics().some(({ name }) => name === topic)) return [];
  const deliveries: Delivery[] = [];
  for await (const delivery of store.read(topic)) deliveries.push(delivery);
  return deliveries;
}
