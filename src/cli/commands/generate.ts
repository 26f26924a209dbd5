/** `faultline generate`: deterministic synthetic events, into the log or to stdout. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GENERATED_KEYS_MAX, generateEvents, type GeneratedEvent } from '../../load/generate.ts';
import { readConfig } from '../config.ts';
import { numberFlag, optionalNumber, switchFlag, textFlag } from '../flags.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { Progress } from '../progress.ts';
import { openRecords } from '../records.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import type { Terminal } from '../terminal.ts';
import { LogWriter } from '../writer.ts';
import { tellWritten } from './ingest.ts';

const flags = {
  count: numberFlag({ summary: 'events in all, duplicates counted', min: 0, whole: true, fallback: 10_000 }),
  rate: optionalNumber({ summary: 'events a second; without it as many as the log takes', min: 0.001 }),
  keys: numberFlag({
    summary: 'devices, and thereby keys',
    min: 1,
    max: GENERATED_KEYS_MAX,
    whole: true,
    fallback: 1_000,
  }),
  zipf: numberFlag({
    summary: 'exponent of Zipf’s law over the keys; 0: all alike',
    min: 0,
    max: 10,
    fallback: 1,
  }),
  duplicates: numberFlag({
    summary: 'share of events that repeat an earlier one',
    min: 0,
    max: 0.999,
    fallback: 0,
  }),
  seed: numberFlag({ summary: 'other seeds give other events', min: 0, whole: true, fallback: 1 }),
  topic: textFlag({
    placeholder: 'NAME',
    summary: 'topic to write to; auto: crashes to app-crash, lags to app-lag',
    fallback: 'auto',
  }),
  stdout: switchFlag('print the events, one a line, instead of writing them to the log'),
};

/** The declaration. */
export const generateCommand: Command = command({
  name: 'generate',
  summary:
    'Write synthetic crash and lag events of several platforms to the embedded log, or to topics of brokers.',
  details: [
    'The same flags give the same events, byte for byte. Each device numbers its events (values.sequence).',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: ['config', 'data', 'durability', 'partitions', 'transport', 'brokers'],
  allSettings: true,
  examples: [
    { args: 'generate --count 1000000', does: 'a million events, as fast as the log takes them' },
    { args: 'generate --count 60000 --rate 1000', does: 'a thousand a second for a minute' },
    { args: 'generate --count 3 --stdout', does: 'have a look at them' },
  ],
  run: generate,
});

/** Timestamp of the first event: a fixed moment, because the same flags give the same events. */
const START_MS = Date.UTC(2026, 2, 1);

/** A rate is kept by waiting so long at least. */
const TICK_MS = 10;

async function generate(invocation: Invocation<typeof flags>): Promise<number> {
  const { flags: chosen, terminal } = invocation;
  const events = generateEvents({ ...chosen, start: START_MS });
  const interrupt = listenForInterrupt(terminal.gone);
  try {
    const paced = pace(events, chosen.rate, interrupt.signal);
    if (chosen.stdout) await printEvents(paced, terminal);
    else await writeEvents(paced, invocation);
  } finally {
    interrupt.close();
  }
  return interrupt.signal.aborted && !terminal.gone.aborted ? 1 : 0;
}

/** Runs of events, each as many as are due; ends early when the signal is aborted. */
async function* pace(
  events: Iterable<GeneratedEvent>,
  perSecond: number | null,
  signal: AbortSignal,
): AsyncGenerator<readonly GeneratedEvent[]> {
  const startedMs = performance.now();
  let given = 0;
  let run: GeneratedEvent[] = [];
  for (const event of events) {
    run.push(event);
    const due = perSecond === null ? given + 1_000 : ((performance.now() - startedMs) * perSecond) / 1000;
    if (given + run.length < due) continue;
    yield run;
    given += run.length;
    run = [];
    if (perSecond !== null)
      await sleep(waitMs(given, perSecond, startedMs), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
  yield run;
}

/** Until the next event is due. */
function waitMs(given: number, perSecond: number, startedMs: number): number {
  const dueMs = startedMs + ((given + 1) * 1000) / perSecond;
  return Math.max(TICK_MS, dueMs - performance.now());
}

async function printEvents(
  runs: AsyncIterable<readonly GeneratedEvent[]>,
  terminal: Terminal,
): Promise<void> {
  for await (const run of runs) {
    await terminal.print(run.map(({ value }) => `${Buffer.from(value).toString()}\n`).join(''));
  }
}

async function writeEvents(
  runs: AsyncIterable<readonly GeneratedEvent[]>,
  invocation: Invocation<typeof flags>,
): Promise<void> {
  const { flags: chosen, terminal } = invocation;
  const { system } = await readConfig(invocation);
  const { requireTopicName } = await import('../parts.ts');
  requireTopicName(chosen.topic);
  const records = await openRecords(system, 'append');
  const progress = new Progress(terminal, 'events written', chosen.count);
  const writer = new LogWriter(records);
  const startedMs = performance.now();
  try {
    for await (const run of runs) {
      for (const event of run)
        await writer.add({ ...event, topic: topicOf(event, chosen.topic) }, Date.now());
      // At a rate, what is due is to be seen now; without one the writer gathers on.
      if (chosen.rate !== null) await writer.send();
      progress.update(writer.written.records);
    }
    await writer.finish();
  } finally {
    progress.close();
    await records.close();
    tellWritten(terminal, writer.written, { where: records.where, elapsedMs: performance.now() - startedMs });
  }
}

function topicOf(event: GeneratedEvent, topic: string): string {
  return topic === 'auto' ? event.topic : topic;
}
