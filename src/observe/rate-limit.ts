/** So many of a kind per second; the rest is counted. */

interface Window {
  startedMs: number;
  passed: number;
  suppressed: number;
}

const WINDOW_MS = 1000;

/** Kinds are few and known: each is remembered for good. */
export class RateLimit {
  readonly #perSecondMax: number;
  readonly #monotonicMs: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(perSecondMax: number, monotonicMs: () => number) {
    this.#perSecondMax = perSecondMax;
    this.#monotonicMs = monotonicMs;
  }

  /** `null`: not now. Else how many of this kind were held back since the last one that passed. */
  pass(kind: string): number | null {
    const window = this.#windowOf(kind);
    if (window.passed >= this.#perSecondMax) {
      window.suppressed += 1;
      return null;
    }
    const { suppressed } = window;
    window.passed += 1;
    window.suppressed = 0;
    return suppressed;
  }

  #windowOf(kind: string): Window {
    const nowMs = this.#monotonicMs();
    let window = this.#windows.get(kind);
    if (window === undefined) {
      window = { startedMs: nowMs, passed: 0, suppressed: 0 };
      this.#windows.set(kind, window);
    } else if (nowMs - window.startedMs >= WINDOW_MS) {
      window.startedMs = nowMs;
      window.passed = 0;
    }
    return window;
  }
}
