/**
 * The process's streams as commands see them: data to stdout, words about it to stderr.
 *
 * A reader that goes away (`| head`) is no fault: `gone` is aborted, later writes do nothing.
 * Colours follow NO_COLOR and whether the stream is a terminal.
 */
import { once } from 'node:events';
import { addAbortSignal } from 'node:stream';
import { styleText } from 'node:util';

/** The colours and weights in use. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Puts a style on a text, where the stream shows styles. */
export type Paint = (style: Style, text: string) => string;

/** What commands write to and read from. */
export interface Terminal {
  /** Reads stdin to its end, or until the signal is aborted; once. */
  input(signal: AbortSignal): AsyncIterable<Uint8Array>;
  readonly inputIsTTY: boolean;
  /** Writes to stdout; resolves when there is room for more, or the reader is gone. */
  readonly print: (text: string) => Promise<void>;
  /** Writes a line to stderr. */
  readonly note: (line: string) => void;
  /** Overwrites the last line of stderr, on a terminal; an empty text removes it. */
  readonly status: (line: string) => void;
  /** For stdout. */
  readonly paint: Paint;
  /** For stderr. */
  readonly paintNote: Paint;
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean;
  /** Whether stderr is a terminal: status lines are shown. */
  readonly statusIsTTY: boolean;
  /** Of stdout; 100 where it is no terminal. */
  columns(): number;
  /** Of stdout; without an end where it is no terminal. */
  rows(): number;
  /** Aborted when nobody reads stdout any more. */
  readonly gone: AbortSignal;
}

/** What a terminal is made of; `process` has it. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

const CLEAR_LINE = '\r\u001b[2K';
const COLUMNS_WITHOUT_TERMINAL = 100;

/** The terminal of the process. Made once: it listens to the streams' errors. */
export function openTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  const gone = new AbortController();
  stdout.on('error', () => gone.abort());
  // Words for people that nobody reads are no reason to stop.
  stderr.on('error', () => undefined);
  const statusIsTTY = stderr.isTTY === true;
  let statusShown = false;

  return {
    input: (signal) => read(stdin, signal),
    inputIsTTY: stdin.isTTY === true,
    print: (text) => write(stdout, text, gone.signal),
    note: (line) => {
      stderr.write(`${statusShown ? CLEAR_LINE : ''}${line}\n`);
      statusShown = false;
    },
    status: (line) => {
      if (!statusIsTTY || (line === '' && !statusShown)) return;
      stderr.write(CLEAR_LINE + line);
      statusShown = line !== '';
    },
    paint: painter(stdout),
    paintNote: painter(stderr),
    isTTY: stdout.isTTY === true,
    statusIsTTY,
    columns: () => (stdout.isTTY === true ? stdout.columns : COLUMNS_WITHOUT_TERMINAL),
    rows: () => (stdout.isTTY === true ? stdout.rows : Infinity),
    gone: gone.signal,
  };
}

async function* read(stdin: NodeJS.ReadStream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of addAbortSignal(signal, stdin)) yield chunk as Uint8Array;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function write(stream: NodeJS.WriteStream, text: string, gone: AbortSignal): Promise<void> {
  if (gone.aborted || stream.write(text)) return;
  await once(stream, 'drain', { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error;
  });
}

function painter(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}
