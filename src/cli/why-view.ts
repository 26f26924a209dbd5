/** Why a partition stands where it stands, and what intake waits for. Pure: text in lines. */
import type { WaitsAnswer } from '../control/protocol.ts';
import type { Holder, WhyPartition } from '../model/status.ts';
import { formatAmount, formatCount, formatDuration, printable, wrapText } from './format.ts';
import { fittedTable, intakeWords, labelled, WHERE_WORDS } from './status-words.ts';
import type { Paint } from './terminal.ts';

/** How it is shown. */
export interface WhyContext {
  readonly paint: Paint;
  /** Of the terminal. */
  readonly columns: number;
}

/** What to look at next, by where the holder is. */
const NEXT: Readonly<Record<Holder['where'], string>> = {
  lane: 'All threads are busy, or an earlier delivery of its lane is: `faultline status` shows the threads and the longest lane. More threads: `faultline scale --threads N`.',
  pool: 'It is being analysed, or waits behind what its thread has in hand; eventTimeoutMs ends what hangs. `faultline status` shows the threads.',
  retry:
    'It is tried again by itself; after retry.max tries retry.onExhausted decides. The last error says what to mend.',
  sink: 'Its finding or dead letter is not acknowledged: look for publish-failed in the log of the process, and at the disk or broker it writes to.',
  release: 'It is done and waits for an earlier offset of its partition, which exactly-once asks for.',
  dropped:
    'It was given back, because its task was stopped or its partition is being taken away; it comes again.',
};

/** Lines about one partition, a section for each group. */
export function whyView(answers: readonly WhyPartition[], context: WhyContext): readonly string[] {
  return answers.flatMap((answer, index) => [...(index === 0 ? [] : ['']), ...whyOne(answer, context)]);
}

function whyOne({ partition, holder, sentence }: WhyPartition, context: WhyContext): readonly string[] {
  const { topic, group, task, phase, watermark, committed, ahead } = partition;
  const about = [
    `${printable(topic)} ${partition.partition}`,
    `group ${printable(group)}`,
    task === null ? 'no task' : `task ${printable(task)}`,
    ...(phase === 'active' ? [] : [phase]),
  ];
  const position = [
    committed === null ? 'nothing committed yet' : `committed ${committed}`,
    ...(watermark === null ? [] : [`watermark ${watermark}`]),
    `${formatCount(ahead)} ahead`,
  ];
  const rows = [...(holder === null ? [] : holderRows(holder)), ['position', position.join(', ')]];
  return [
    context.paint('bold', about.join(' · ')),
    ...wrapText(printable(sentence), context.columns),
    '',
    ...labelled(rows, context.columns),
    ...(holder === null ? [] : ['', ...wrapText(`Next: ${NEXT[holder.where]}`, context.columns)]),
  ];
}

function holderRows(holder: Holder): readonly (readonly string[])[] {
  const { offset, key, where, lane, slot, ageMs, attempts, lastError, task } = holder;
  return [
    ['offset', String(offset)],
    ['key', key === null ? 'none' : printable(key)],
    ['where', WHERE_WORDS[where]],
    ['lane', `${lane} of task ${printable(task)}`],
    ['thread', slot === null ? 'none' : String(slot)],
    ['age', formatDuration(ageMs)],
    ['attempts', String(attempts)],
    ['last error', lastError === null ? 'none' : `${lastError.code}: ${printable(lastError.message)}`],
  ];
}

/** Lines about intake and the partitions that are held longest. */
export function waitsView(waits: WaitsAnswer, context: WhyContext): readonly string[] {
  const { paint, columns } = context;
  const { intake, obstacles = [] } = waits;
  const rows = [
    ...intake.map((each) => [printable(each.group), intakeWords(each)]),
    ...obstacles.map((each, index) => [index === 0 ? 'in the way' : '', printable(each)]),
  ];
  return [
    paint('bold', waits.state === 'running' ? 'Intake' : `Intake (${waits.state})`),
    ...labelled(rows, columns - 2).map((line) => `  ${line}`),
    '',
    ...longest(waits, context),
  ];
}

function longest({ held, longest: list }: WaitsAnswer, { paint, columns }: WhyContext): readonly string[] {
  const [first] = list;
  if (first === undefined) return ['No partition is held: nothing is unfinished.'];
  const rows = list.flatMap(({ partition, holder }) =>
    holder === null
      ? []
      : [
          [
            `  ${printable(partition.topic)} ${partition.partition}`,
            printable(partition.group),
            String(holder.offset),
            formatDuration(holder.ageMs),
            String(holder.attempts),
            formatCount(partition.ahead),
            WHERE_WORDS[holder.where],
          ],
        ],
  );
  const [title = '', ...lines] = fittedTable(
    [
      { title: '  PARTITION' },
      { title: 'GROUP' },
      { title: 'OFFSET', align: 'right' },
      { title: 'AGE', align: 'right' },
      { title: 'ATTEMPTS', align: 'right' },
      { title: 'AHEAD', align: 'right' },
      { title: 'WHERE' },
    ],
    rows,
    { width: columns, shrink: [0, 1] },
  );
  const { topic, partition } = first.partition;
  return [
    paint('bold', `Longest held, of ${formatAmount(held, 'partition')} with something unfinished`),
    paint('dim', title),
    ...lines,
    '',
    ...wrapText(printable(first.sentence), columns),
    paint('dim', `faultline why ${printable(topic)} ${partition} tells all of it.`),
  ];
}
