/**
 * Trims a log from time to time, for as long as a process has it open. A trim that fails is told, and
 * tried again at the next time.
 */
import type { RetentionPolicy, TrimOptions, TrimReport } from './trim.ts';

/** How to retain. */
export interface RetentionOptions extends RetentionPolicy {
  /** From the end of one trim to the begin of the next, milliseconds. The first begins at once. */
  readonly intervalMs: number;
  /** Told of each trim that removed something or was held back by a group. */
  readonly onTrimmed: (report: TrimReport) => void;
  /** Told of each that failed: `E_LOG_FULL`, `E_LOG_IO` or `E_LOG_BUSY`. */
  readonly onFailed: (error: unknown) => void;
}

/** A retention that runs. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #trim: (policy: RetentionPolicy, options: TrimOptions) => Promise<TrimReport>;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void>;

  /** Begins. Where the policy asks for nothing it does nothing. */
  constructor(
    options: RetentionOptions,
    trim: (policy: RetentionPolicy, options: TrimOptions) => Promise<TrimReport>,
  ) {
    this.#options = options;
    this.#trim = trim;
    this.#running = options.ageMs > 0 || options.bytes > 0 ? this.#run() : Promise.resolve();
  }

  /** Ends it, after the transaction that is under way. Again: does nothing. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { intervalMs, onTrimmed, onFailed } = this.#options;
    try {
      const report = await this.#trim(this.#options, { signal: this.#closing.signal });
      if (report.removed.length + report.held.length > 0) onTrimmed(report);
    } catch (error) {
      onFailed(error);
    }
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, intervalMs).unref();
  }
}
