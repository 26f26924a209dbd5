/**
 * Bare worker loops: as many plain threads as the engine has, which burn the same chunks and do nothing
 * else. What they take is what no engine can go below.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What burning took. */
export interface Burnt {
  /** Of the bare threads, µs. */
  readonly cpuUs: number;
  readonly ms: number;
}

const ENTRY = new URL('./bare-thread.ts', import.meta.url);
/** About half a second of one core. */
const CALIBRATION_CHUNKS = 80_000;

/** Idle but while `burn` runs. */
export class BareLoops {
  readonly #threads: readonly Worker[];

  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, () => new Worker(ENTRY));
  }

  /**
   * Burns so many chunks in all, shared out evenly. The CPU is that of the process without this thread's,
   * which waits, or serves an engine that is idle: what an idle engine does is not the loops' doing.
   */
  async burn(chunks: number): Promise<Burnt> {
    const each = Math.round(chunks / this.#threads.length);
    const startMs = performance.now();
    const others = othersUs();
    await Promise.all(
      this.#threads.map(async (thread) => {
        const done = once(thread, 'message');
        thread.postMessage(each);
        await done;
      }),
    );
    return { cpuUs: othersUs() - others, ms: performance.now() - startMs };
  }

  /** CPU of one chunk, µs, while all threads burn; warms them up. */
  async calibrate(): Promise<number> {
    await this.burn(CALIBRATION_CHUNKS / 10);
    const { cpuUs } = await this.burn(CALIBRATION_CHUNKS);
    return cpuUs / CALIBRATION_CHUNKS;
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}

/** CPU so far of all threads of the process but this one, µs. */
function othersUs(): number {
  const all = process.cpuUsage();
  const own = process.threadCpuUsage();
  return all.user + all.system - own.user - own.system;
}
