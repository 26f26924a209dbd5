/** `faultline analyze`: one report or many through the analysis, without a log, threads or topics. */
import { createReadStream } from 'node:fs';
import type { DeliveryResult } from '../../model/batch.ts';
import { NO_HEADERS, type Delivery } from '../../model/delivery.ts';
import { EngineError, type Fault } from '../../model/errors.ts';
import { readContent } from '../../load/content.ts';
import { collectReports } from '../../load/ingest.ts';
import { CATEGORIES, TOPICS, type ReportKind } from '../../load/topics.ts';
import { wrapReport } from '../../load/wrap.ts';
import { readConfig } from '../config.ts';
import { fileFault } from '../file-fault.ts';
import { findingLine, findingView, isFinding } from '../finding-view.ts';
import { choiceFlag, optionalText, switchFlag } from '../flags.ts';
import { printable } from '../format.ts';
import { command, type Command, type Invocation, type Values } from '../spec.ts';
import type { Terminal } from '../terminal.ts';

const flags = {
  json: switchFlag('print findings as JSON, one a line'),
  ndjson: switchFlag('the input has one event or report (JSON) a line'),
  kind: choiceFlag('what it is', ['auto', 'crash', 'lag'], 'auto'),
  format: optionalText({
    placeholder: 'NAME',
    summary: 'format of the report instead of detecting it, e.g. java-stack',
  }),
  analyzer: optionalText({
    placeholder: 'FILE',
    summary: 'module of an analyzer of your own instead of the built-in ones',
  }),
  explain: switchFlag('say why signature and group are what they are'),
  full: switchFlag('with --ndjson: the whole of each finding instead of one line'),
};

/** The declaration. */
export const analyzeCommand: Command = command({
  name: 'analyze',
  summary: 'Analyse a report or event and print the finding.',
  details: [
    'FILE holds a report as it was printed (a stack trace, a tombstone, an ANR dump …), a report as JSON, or an event; `-` is stdin. Files that end in .ndjson or .jsonl are read as with --ndjson. The same code runs as in the worker threads of `run`. In what is printed, ▸ marks the frames of the app’s own code.',
  ],
  operands: { text: 'FILE|-', min: 1, max: 1 },
  flags,
  settings: ['config'],
  examples: [
    { args: 'analyze crash.txt', does: 'what crashed, where, and which group it belongs to' },
    { args: 'analyze --json - < tombstone_01 | jq .signature', does: 'the finding as it would be published' },
    {
      args: 'analyze --ndjson --analyzer ./my-analyzer.ts events.ndjson',
      does: 'try an analyzer of your own on many events',
    },
  ],
  run: analyze,
});

/** An event on its way, and where it came from. */
interface Subject {
  readonly kind: ReportKind;
  readonly value: Uint8Array;
  readonly place: string;
}

/** What could not be analysed, as `--json` prints it. */
interface Failure {
  readonly error: Pick<Fault, 'code' | 'message'>;
  readonly at: string;
}

const SUBJECTS_PER_BATCH = 64;
const FRAMES_MAX = 30;

async function analyze(invocation: Invocation<typeof flags>): Promise<number> {
  const { operands, flags: chosen, terminal } = invocation;
  const [path = '-'] = operands;
  const many = chosen.ndjson || /\.(?:ndjson|jsonl)$/i.test(path);
  const { limits, eventTimeoutMs } = (await readConfig(invocation)).system;
  const { openAnalysis } = await import('../parts.ts');
  const { analyzer, explain } = chosen;
  const kindOf = (topic: string): ReportKind => (topic === TOPICS.lag ? 'lag' : 'crash');
  const analysis = await openAnalysis(limits, { analyzer, explain, eventTimeoutMs, kindOf });
  const print = many ? printMany(terminal, chosen) : printOne(terminal, chosen);
  const input = many
    ? subjectsOf(path, limits.eventBytesMax, terminal)
    : single(path, limits.eventBytesMax, terminal);
  let failures = 0;
  for await (const batch of batches(input, SUBJECTS_PER_BATCH)) {
    const deliveries = batch.map((subject, index) => toDelivery(overridden(subject, chosen), index));
    const results = await analysis.run(deliveries);
    for (const [index, result] of results.entries()) {
      failures += await print(result, batch[index]?.place ?? '');
    }
    if (terminal.gone.aborted) break;
  }
  return failures > 0 ? 1 : 0;
}

/** Prints what became of one event; resolves to the number of failures in it. */
type Print = (result: DeliveryResult, place: string) => Promise<number>;

function printOne(terminal: Terminal, { json }: Values<typeof flags>): Print {
  return async (result, place) => {
    const findings = findingsOf(result, place);
    const texts = json
      ? findings.map((value) => JSON.stringify(value))
      : findings.map((value) => view(value, terminal));
    await terminal.print(texts.map((text) => `${text}\n`).join(json ? '' : '\n'));
    if (findings.length === 0) terminal.note('The analyzer finished the event without a finding.');
    return 0;
  };
}

function printMany(terminal: Terminal, { json, full }: Values<typeof flags>): Print {
  return async (result, place) => {
    const outcome = tryFindings(result, place);
    if ('error' in outcome) {
      if (json) await terminal.print(`${JSON.stringify(outcome)}\n`);
      else terminal.note(`${place}: ${outcome.error.message} (${outcome.error.code})`);
      return 1;
    }
    for (const value of outcome.findings)
      await terminal.print(`${inList(value, terminal, { json, full })}\n`);
    return 0;
  };
}

function inList(
  value: unknown,
  terminal: Terminal,
  { json, full }: { json: boolean; full: boolean },
): string {
  if (json) return JSON.stringify(value);
  if (full) return `${view(value, terminal)}\n`;
  if (!isFinding(value)) return printable(JSON.stringify(value));
  return findingLine(value, { paint: terminal.paint, columns: terminal.columns(), framesMax: FRAMES_MAX });
}

function view(value: unknown, terminal: Terminal): string {
  if (!isFinding(value)) return JSON.stringify(value, null, 2);
  const options = { paint: terminal.paint, columns: terminal.columns(), framesMax: FRAMES_MAX };
  return findingView(value, options).join('\n');
}

function tryFindings(
  result: DeliveryResult,
  place: string,
): { readonly findings: readonly unknown[] } | Failure {
  try {
    return { findings: findingsOf(result, place) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { error: { code: error.code, message: error.message }, at: place };
  }
}

/** The decoded findings; throws what the event failed with. */
function findingsOf(result: DeliveryResult, place: string): readonly unknown[] {
  switch (result.status) {
    case 'done':
      return result.findings.map(({ value }) => JSON.parse(Buffer.from(value).toString()) as unknown);
    case 'failed':
    case 'suspect':
      throw new EngineError(result.fault.code, result.fault.message);
    case 'requeue':
      throw new EngineError(
        'E_EVENT_REJECTED',
        `the analyzer asks to see it again after ${result.delayMs} ms`,
      );
    case 'unprocessed':
      throw new EngineError('E_ASSERT', `${place} was not analysed`);
  }
}

/** What `--kind` and `--format` say replaces what was guessed. */
function overridden(subject: Subject, { kind, format }: Values<typeof flags>): Subject {
  const chosen = kind === 'auto' ? subject.kind : kind;
  if (format === null && chosen === subject.kind) return subject;
  const event = JSON.parse(Buffer.from(subject.value).toString()) as Record<string, unknown>;
  const wasGuessed = event['category'] === CATEGORIES[subject.kind];
  const data = event['profile_data'];
  const changed = {
    ...event,
    ...(wasGuessed ? { category: CATEGORIES[chosen] } : {}),
    ...(format !== null && typeof data === 'object' ? { profile_data: { ...data, format } } : {}),
  };
  return { ...subject, kind: chosen, value: Buffer.from(JSON.stringify(changed)) };
}

/** As if it had been read from the topic of its kind. */
function toDelivery({ kind, value }: Subject, index: number): Delivery {
  return {
    topic: TOPICS[kind],
    partition: 0,
    offset: index,
    key: null,
    value,
    headers: NO_HEADERS,
    timestampMs: Date.now(),
  };
}

/** The one report of a file or of stdin. Throws `E_INPUT_READ` where it is none. */
async function* single(path: string, bytesMax: number, terminal: Terminal): AsyncGenerator<Subject> {
  const place = path === '-' ? 'stdin' : path;
  if (path === '-' && terminal.inputIsTTY)
    terminal.note('Reading a report from the terminal; Ctrl-D ends it.');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of path === '-' ? terminal.input(terminal.gone) : openFile(path)) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > bytesMax)
      throw notReadable(place, `it has more than ${bytesMax} bytes (limits.eventBytesMax)`);
  }
  const content = readContent(Buffer.concat(chunks));
  if ('fault' in content) throw notReadable(place, `it is ${content.fault}`);
  yield { ...wrapReport(content.text, { name: null, keyField: null }), place };
}

async function* openFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (cause) {
    throw notReadable(path, fileFault(cause), cause);
  }
}

function notReadable(place: string, why: string, cause?: unknown): EngineError {
  return new EngineError('E_INPUT_READ', `cannot analyse ${place}: ${why}`, { cause });
}

/** One event or report a line; what is none is told of on stderr, or fails as the engine would let it fail. */
async function* subjectsOf(path: string, bytesMax: number, terminal: Terminal): AsyncGenerator<Subject> {
  const reports = collectReports([path], {
    topic: 'auto',
    keyField: null,
    include: [],
    exclude: [],
    reportBytesMax: bytesMax,
    rawLines: true,
    stdin: terminal.input(terminal.gone),
  });
  for await (const report of reports) {
    const place = `${report.path === '-' ? 'stdin' : report.path}:${report.line ?? 1}`;
    if (report.type === 'skipped') terminal.note(`${place}: skipped, ${report.reason}`);
    else yield { kind: report.kind, value: report.value, place };
  }
}

async function* batches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
