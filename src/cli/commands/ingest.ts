/** `faultline ingest`: report files, directories and streams of lines into topics of the log. */
import { collectReports, requireReadable, type SkippedInput, type SkipReason } from '../../load/ingest.ts';
import { readConfig } from '../config.ts';
import { listFlag, optionalText, switchFlag, textFlag } from '../flags.ts';
import { formatAmount, formatBytes, formatCount, formatDuration } from '../format.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { Progress } from '../progress.ts';
import { openRecords } from '../records.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import type { Terminal } from '../terminal.ts';
import { LogWriter, type Written } from '../writer.ts';

const flags = {
  topic: textFlag({
    placeholder: 'NAME',
    summary: 'topic to write to; auto: crashes to app-crash, lags to app-lag',
    fallback: 'auto',
  }),
  'key-field': optionalText({
    placeholder: 'PATH',
    summary:
      'field of the event whose value becomes the key, e.g. dimensions.user_id; without it the device, else the file’s name',
  }),
  include: listFlag({
    placeholder: 'GLOB',
    summary: 'take only files that match, also those usually passed over',
  }),
  exclude: listFlag({ placeholder: 'GLOB', summary: 'pass over files that match' }),
  raw: switchFlag('take lines of NDJSON that are no JSON as they stand, instead of skipping them'),
  verbose: switchFlag('name everything that is skipped'),
};

/** The declaration. */
export const ingestCommand: Command = command({
  name: 'ingest',
  summary:
    'Read reports and events from files, directories or stdin into the embedded log, or topics of brokers.',
  details: [
    'A raw report is wrapped into an event with a guessed kind; an event is passed on as it stands. Files that end in .ndjson or .jsonl, and stdin, hold one event or report a line. Text of an unknown format is taken and becomes a finding that says so; what is excluded or binary is skipped and listed.',
    'In directories, files that usually lie beside reports are passed over unless --include names them: expected*, MANIFEST*, README*, cases.json, mappings, source maps, symbols, sources.',
  ],
  operands: { text: 'PATH…|-', min: 1, max: Infinity },
  flags,
  settings: ['config', 'data', 'durability', 'partitions', 'transport', 'brokers'],
  allSettings: true,
  examples: [
    { args: 'ingest examples/reports', does: 'everything below a directory' },
    { args: 'ingest --topic shop-crash --include "*.txt" crashes/', does: 'some files, into one topic' },
    { args: 'ingest - < events.ndjson', does: 'events from stdin, one a line' },
  ],
  run: ingest,
});

/** What was skipped for one reason. */
interface Skipped {
  readonly count: number;
  readonly named: string[];
}

/** So many skipped inputs of a reason are named without --verbose. */
const NAMED_MAX = 3;

async function ingest(invocation: Invocation<typeof flags>): Promise<number> {
  const { operands, terminal } = invocation;
  const { system } = await readConfig(invocation);
  const { requireTopicName } = await import('../parts.ts');
  requireTopicName(invocation.flags.topic);
  await requireReadable(operands);
  const records = await openRecords(system, 'append');
  const interrupt = listenForInterrupt(terminal.gone);
  const options = collectOptions(invocation, system.limits.eventBytesMax, interrupt.signal);
  const progress = new Progress(terminal, 'events written');
  const writer = new LogWriter(records);
  const startedMs = performance.now();
  const skipped = new Map<SkipReason, Skipped>();
  try {
    for await (const input of collectReports(operands, options)) {
      if (interrupt.signal.aborted) break;
      if (input.type === 'report') await writer.add(input, Date.now());
      else skip(skipped, input, invocation.flags.verbose ? Infinity : NAMED_MAX);
      progress.update(writer.written.records);
    }
    await writer.finish();
  } finally {
    progress.close();
    interrupt.close();
    await records.close();
    tellSkipped(terminal, skipped);
    tellWritten(terminal, writer.written, { where: records.where, elapsedMs: performance.now() - startedMs });
  }
  if (!interrupt.signal.aborted) return 0;
  terminal.note('Interrupted: what is counted above is there, the rest is not.');
  return 1;
}

function collectOptions(
  { flags: chosen, terminal }: Invocation<typeof flags>,
  reportBytesMax: number,
  signal: AbortSignal,
): Parameters<typeof collectReports>[1] {
  return {
    topic: chosen.topic,
    keyField: chosen['key-field'],
    include: chosen.include,
    exclude: chosen.exclude,
    rawLines: chosen.raw,
    reportBytesMax,
    stdin: terminal.input(signal),
  };
}

function skip(
  skipped: Map<SkipReason, Skipped>,
  { path, line, reason }: SkippedInput,
  namedMax: number,
): void {
  const known = skipped.get(reason) ?? { count: 0, named: [] };
  if (known.named.length < namedMax) known.named.push(line === undefined ? path : `${path}:${line}`);
  skipped.set(reason, { count: known.count + 1, named: known.named });
}

function tellSkipped(terminal: Terminal, skipped: ReadonlyMap<SkipReason, Skipped>): void {
  for (const [reason, { count, named }] of skipped) {
    const rest = count - named.length;
    const more = rest > 0 ? ` and ${formatCount(rest)} more (--verbose names all)` : '';
    const names = named.length > NAMED_MAX ? `\n  ${named.join('\n  ')}` : ` ${named.join(', ')}`;
    terminal.note(`skipped ${formatCount(count)}, ${reason}:${names}${more}`);
  }
}

/** The last word of `ingest` and `generate`. */
export function tellWritten(
  terminal: Terminal,
  { records, bytes, byTopic }: Written,
  { where, elapsedMs }: { readonly where: string; readonly elapsedMs: number },
): void {
  const topics = [...byTopic].map(([topic, count]) => `${formatCount(count)} to ${topic}`).join(', ');
  const what = topics === '' ? '' : ` (${topics})`;
  terminal.note(
    `wrote ${formatAmount(records, 'event')}${what}, ${formatBytes(bytes)} in ${formatDuration(elapsedMs)}, to ${where}`,
  );
}
