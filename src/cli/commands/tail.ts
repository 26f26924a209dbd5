/** `faultline tail`: the records of a topic, the last ones or from somewhere on. */
import { parseTimestampMs } from '../../wire/timestamp.ts';
import type { Delivery } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import { readConfig } from '../config.ts';
import { optionalNumber, optionalText, switchFlag } from '../flags.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { recordObject, recordView } from '../record-view.ts';
import { openRecords, type Records } from '../records.ts';
import { command, type Command, type Invocation, type Values } from '../spec.ts';
import type { Terminal } from '../terminal.ts';

const flags = {
  count: optionalNumber({
    summary: 'records to show; without it the last 10, or with --from all',
    min: 1,
    max: 100_000,
    whole: true,
  }),
  from: optionalText({
    placeholder: 'earliest|latest|TIME',
    summary: 'begin there (ISO 8601), not at the last ones',
  }),
  follow: switchFlag('go on as records come, until Ctrl-C'),
  json: switchFlag('print each record as JSON, one a line, with place, key and headers'),
  full: switchFlag('the whole of each record instead of one line'),
};

/** The declaration. */
export const tailCommand: Command = command({
  name: 'tail',
  summary: 'Show records of a topic: findings, dead letters or events.',
  details: [],
  operands: { text: 'TOPIC', min: 1, max: 1 },
  flags,
  settings: ['config', 'data', 'transport', 'brokers'],
  allSettings: true,
  examples: [
    { args: 'tail faultline-findings', does: 'the last ten findings, a line each' },
    { args: 'tail faultline-findings --count 1 --full', does: 'the last one, all of it' },
    {
      args: 'tail faultline-dead-letters --from earliest --json | jq .headers',
      does: 'why deliveries were given up',
    },
    { args: 'tail app-crash --from latest --follow', does: 'what comes in from now on' },
  ],
  run: tail,
});

const LAST = 10;
const FRAMES_MAX = 30;

async function tail(invocation: Invocation<typeof flags>): Promise<number> {
  const { operands, flags: chosen, terminal } = invocation;
  const [topic = ''] = operands;
  const from = chosen.from === null ? null : readFrom(chosen.from);
  const { system } = await readConfig(invocation);
  const records = await openRecords(system, 'read');
  const interrupt = listenForInterrupt(terminal.gone);
  const { signal } = interrupt;
  const { follow } = chosen;
  try {
    const deliveries =
      from === null
        ? lastOf(records, { topic, count: chosen.count ?? LAST, follow, signal })
        : firstOf(records.read(topic, { from, follow, signal }), chosen.count ?? Infinity);
    for await (const delivery of deliveries) await show(delivery, chosen, terminal);
  } finally {
    interrupt.close();
    await records.close();
  }
  return 0;
}

/** What to show of a topic's end. */
interface LastOptions {
  readonly topic: string;
  readonly count: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** The last records of all partitions together, by time; then what follows, where that is wanted. */
async function* lastOf(
  records: Records,
  { topic, count, follow, signal }: LastOptions,
): AsyncGenerator<Delivery> {
  let held: Delivery[] | null = [];
  for await (const delivery of records.read(topic, { from: { last: count }, follow, signal })) {
    if (delivery === null) {
      yield* newest(held ?? [], count);
      held = null;
    } else if (held === null) yield delivery;
    else held.push(delivery);
  }
  yield* newest(held ?? [], count);
}

async function* firstOf(deliveries: AsyncIterable<Delivery | null>, count: number): AsyncGenerator<Delivery> {
  let left = count;
  for await (const delivery of deliveries) {
    if (delivery === null) continue;
    yield delivery;
    left -= 1;
    if (left === 0) return;
  }
}

/** Records of one time stay in the order of their offsets. */
function newest(deliveries: readonly Delivery[], count: number): readonly Delivery[] {
  return deliveries.toSorted((a, b) => a.timestampMs - b.timestampMs).slice(-count);
}

async function show(
  delivery: Delivery,
  { json, full }: Values<typeof flags>,
  terminal: Terminal,
): Promise<void> {
  if (json) {
    await terminal.print(`${JSON.stringify(recordObject(delivery))}\n`);
    return;
  }
  const options = { paint: terminal.paint, columns: terminal.columns(), framesMax: FRAMES_MAX, full };
  await terminal.print(`${recordView(delivery, options)}\n`);
}

function readFrom(text: string): 'earliest' | 'latest' | number {
  if (text === 'earliest' || text === 'latest') return text;
  const timeMs = parseTimestampMs(text);
  if (timeMs !== undefined) return timeMs;
  const message = `--from must be earliest, latest or a time such as 2026-11-20T08:15Z, not ${JSON.stringify(text)}`;
  throw new EngineError('E_USAGE', message);
}
