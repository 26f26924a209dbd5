/**
 * Report files, directories and streams of lines become records for a topic, one at a time.
 *
 * Everything that is found is either a report or told of as skipped, with its reason. A file is
 * held in memory only while it is wrapped, and never more of it than the limit. Nothing is written
 * here; what reads the records does that.
 */
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { EngineError } from '../model/errors.ts';
import { readContent, type ContentFault } from './content.ts';
import { readLines } from './lines.ts';
import { TOPICS, type ReportKind } from './topics.ts';
import { unreadable, walk, type WalkEntry, type WalkFault, type WalkFilter } from './walk.ts';
import { parseReport, wrapReport, type WrappedReport } from './wrap.ts';

/** How to collect. All required; the command's defaults live in the config spec. */
export interface CollectOptions extends WalkFilter {
  /** `auto`: crashes and lags go where they belong; else the name of the one topic. */
  readonly topic: string;
  /** Path into the event whose value becomes the key; `null`: the device, else the file's name. */
  readonly keyField: string | null;
  /** Files and lines above it are skipped. */
  readonly reportBytesMax: number;
  /** Lines that are no JSON are taken as they stand, unwrapped, instead of being skipped. */
  readonly rawLines: boolean;
  /** What the path `-` reads. */
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** A record for a topic. */
export interface CollectedReport {
  readonly type: 'report';
  readonly topic: string;
  readonly kind: ReportKind;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The file it comes from; `-` for stdin. */
  readonly path: string;
  /** The line of an NDJSON file, from 1. */
  readonly line?: number;
}

/** Why something is no report. */
export type SkipReason = WalkFault | ContentFault | 'too large' | 'no JSON';

/** Something that was passed over. */
export interface SkippedInput {
  readonly type: 'skipped';
  readonly path: string;
  readonly line?: number;
  readonly reason: SkipReason;
}

/** Throws `E_INPUT_READ` for the first of `paths` that cannot be read; `-` always can. */
export async function requireReadable(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (path === '-') continue;
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
  }
}

/**
 * The reports below `paths`, in their order, directories by the order of names.
 *
 * Files that end in `.ndjson` or `.jsonl`, and `-`, hold one event or report a line. Throws
 * `E_INPUT_READ`, before the first report, when one of `paths` cannot be read.
 */
export async function* collectReports(
  paths: readonly string[],
  options: CollectOptions,
): AsyncGenerator<CollectedReport | SkippedInput> {
  await requireReadable(paths);
  for (const path of paths) {
    if (path === '-') yield* collectLines(path, options.stdin, options);
    else for await (const entry of walk(path, options)) yield* collectEntry(entry, options);
  }
}

async function* collectEntry(
  entry: WalkEntry,
  options: CollectOptions,
): AsyncGenerator<CollectedReport | SkippedInput> {
  if (entry.type === 'skipped') {
    yield entry;
    return;
  }
  try {
    if (/\.(?:ndjson|jsonl)$/i.test(entry.path))
      yield* collectLines(entry.path, readFile(entry.path), options);
    else yield await collectFile(entry.path, entry.name, options);
  } catch (error) {
    const bearable = !entry.given && error instanceof EngineError && error.code === 'E_INPUT_READ';
    if (!bearable) throw error;
    yield { type: 'skipped', path: entry.path, reason: 'unreadable' };
  }
}

async function collectFile(
  path: string,
  name: string,
  options: CollectOptions,
): Promise<CollectedReport | SkippedInput> {
  const bytes = await readBounded(path, options.reportBytesMax);
  if (bytes === null) return { type: 'skipped', path, reason: 'too large' };
  const content = readContent(bytes);
  if ('fault' in content) return { type: 'skipped', path, reason: content.fault };
  return toReport(wrapReport(content.text, { name, keyField: options.keyField }), { path }, options);
}

async function* collectLines(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: CollectOptions,
): AsyncGenerator<CollectedReport | SkippedInput> {
  for await (const { number, bytes } of readLines(chunks, options.reportBytesMax)) {
    const place: Place = { path, line: number };
    if (bytes === null) yield { type: 'skipped', ...place, reason: 'too large' };
    else if (!isBlank(bytes)) yield collectLine(bytes, place, options);
  }
}

function collectLine(
  bytes: Uint8Array,
  place: Place,
  options: CollectOptions,
): CollectedReport | SkippedInput {
  const text = new TextDecoder().decode(bytes).trim();
  const json = parseReport(text) !== undefined;
  if (!json && !options.rawLines) return { type: 'skipped', ...place, reason: 'no JSON' };
  // A line has no name of its own: without a key in the event, each stands for itself.
  const wrapped = wrapReport(text, { name: null, keyField: options.keyField });
  return toReport(json ? wrapped : { ...wrapped, value: bytes }, place, options);
}

/** A file, and the line in it where it has many reports. */
interface Place {
  readonly path: string;
  readonly line?: number;
}

function toReport(wrapped: WrappedReport, place: Place, { topic }: CollectOptions): CollectedReport {
  const { kind, key, value } = wrapped;
  const chosen = topic === 'auto' ? TOPICS[kind] : topic;
  return { type: 'report', topic: chosen, kind, key: Buffer.from(key), value, ...place };
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** The file's bytes; null when there are more than `bytesMax`, of which no more than that is held. */
async function readBounded(path: string, bytesMax: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of readFile(path)) {
    size += chunk.length;
    if (size > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The file's chunks; faults of the file system become `E_INPUT_READ`. */
async function* readFile(path: string): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await stream.next().catch((cause: unknown) => {
        throw unreadable(path, cause);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await stream.return?.();
  }
}
