/**
 * How far a long command is: on a terminal one line that is drawn over and over, elsewhere a plain
 * line every few seconds. Both on stderr, so that stdout stays clean.
 */
import { formatCount, formatDuration, formatRate } from './format.ts';
import type { Terminal } from './terminal.ts';

/** What is known at one moment. */
export interface ProgressState {
  /** In the present tense: `analysed`, `written`. */
  readonly label: string;
  readonly done: number;
  /** `null` where nobody knows. */
  readonly total: number | null;
  readonly elapsedMs: number;
  /** Of late; shown instead of the mean. */
  readonly perSecond: number;
  /** What else matters: `12 dead letters`. */
  readonly remark: string;
}

const DRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 24;
/** The rate is that of so long a time at least. */
const RATE_WINDOW_MS = 2_000;

/** `[██████▌      ] 27%  270,000 of 1,000,000 written  85,000/s  8.6 s left  12 skipped`. */
export function progressLine(state: ProgressState): string {
  const { label, done, total, perSecond, remark } = state;
  const parts = [
    total === null
      ? `${formatCount(done)} ${label}`
      : `${formatCount(done)} of ${formatCount(Math.max(done, total))} ${label}`,
    formatRate(perSecond),
  ];
  if (total !== null && done < total && perSecond > 0) {
    parts.push(`${formatDuration(((total - done) / perSecond) * 1000)} left`);
  }
  if (remark !== '') parts.push(remark);
  return parts.join('  ');
}

/** The bar in eighths of a column. */
export function progressBar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH * 8);
  const part = ' ▏▎▍▌▋▊▉'[eighths % 8] ?? '';
  return `${'█'.repeat(Math.floor(eighths / 8))}${eighths % 8 === 0 ? '' : part}`.padEnd(BAR_WIDTH);
}

/** A progress that is shown while it runs. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #label: string;
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #marks: { readonly atMs: number; readonly done: number }[] = [];
  #done = 0;
  #total: number | null;
  #remark = '';

  /** Shows itself from now on, until {@link close}. */
  constructor(terminal: Terminal, label: string, total: number | null = null) {
    this.#terminal = terminal;
    this.#label = label;
    this.#total = total;
    this.#timer = setInterval(
      () => this.#show(),
      terminal.statusIsTTY ? DRAW_EVERY_MS : LINE_EVERY_MS,
    ).unref();
  }

  /** Says how far it is; cheap, may be called for each item. */
  update(done: number, remark = '', total: number | null = this.#total): void {
    this.#done = done;
    this.#remark = remark;
    this.#total = total;
  }

  /** Removes the line. Again: does nothing. */
  close(): void {
    clearInterval(this.#timer);
    this.#terminal.status('');
  }

  #show(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#startedMs;
    const line = progressLine({
      label: this.#label,
      done: this.#done,
      total: this.#total,
      elapsedMs,
      perSecond: this.#perSecond(nowMs),
      remark: this.#remark,
    });
    if (!this.#terminal.statusIsTTY) {
      this.#terminal.note(`${formatDuration(elapsedMs)}: ${line}`);
      return;
    }
    const bar =
      this.#total === null
        ? ''
        : `${this.#terminal.paintNote('cyan', progressBar(this.#done / this.#total))} `;
    this.#terminal.status(bar + line);
  }

  #perSecond(nowMs: number): number {
    // Until the first is done things are being started, which says nothing of the rate.
    if (this.#done === 0) this.#marks.length = 0;
    this.#marks.push({ atMs: nowMs, done: this.#done });
    while (this.#marks.length > 2 && nowMs - (this.#marks[1]?.atMs ?? nowMs) >= RATE_WINDOW_MS)
      this.#marks.shift();
    const from = this.#marks.length > 1 ? this.#marks[0] : { atMs: this.#startedMs, done: 0 };
    return from === undefined || nowMs <= from.atMs
      ? 0
      : ((this.#done - from.done) * 1000) / (nowMs - from.atMs);
  }
}
