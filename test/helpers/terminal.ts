/** A terminal that keeps what is written; nothing is shown, no colours. */
import type { Terminal } from '../../src/cli/terminal.ts';

/** What a command wrote. */
export interface FakeTerminal extends Terminal {
  out(): string;
  err(): string;
  statuses(): readonly string[];
  /** As if the reader of stdout had gone. */
  leave(): void;
}

/** Options of {@link fakeTerminal}. */
export interface FakeTerminalOptions {
  readonly input?: string;
  readonly statusIsTTY?: boolean;
}

/** Makes one. */
export function fakeTerminal({ input = '', statusIsTTY = false }: FakeTerminalOptions = {}): FakeTerminal {
  const gone = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const statuses: string[] = [];
  return {
    async *input() {
      if (input !== '') yield Buffer.from(input);
    },
    inputIsTTY: false,
    async print(text) {
      if (!gone.signal.aborted) out.push(text);
    },
    note: (line) => void err.push(`${line}\n`),
    status: (line) => void statuses.push(line),
    paint: (_style, text) => text,
    paintNote: (_style, text) => text,
    isTTY: false,
    statusIsTTY,
    columns: () => 100,
    rows: () => Infinity,
    gone: gone.signal,
    out: () => out.join(''),
    err: () => err.join(''),
    statuses: () => statuses,
    leave: () => gone.abort(),
  };
}
