/** `faultline why`: what intake waits for, or what holds the watermark of one partition. */
import { askControl } from '../../control/client.ts';
import { EngineError } from '../../model/errors.ts';
import { askFlags, SOCKET_SETTINGS, whomToAsk, type Asked } from '../ask.ts';
import { switchFlag } from '../flags.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import { waitsView, whyView } from '../why-view.ts';

const flags = { json: switchFlag('print JSON'), ...askFlags };

/** The declaration. */
export const whyCommand: Command = command({
  name: 'why',
  summary: 'Say why a running process does not go on: what intake waits for, what holds a partition.',
  details: [
    'With TOPIC and PARTITION: the lowest unfinished offset, which nothing commits past, with its key, lane, thread, age, attempts and last error. Alone: what intake waits for and since when, and the partitions that are held longest.',
  ],
  operands: { text: 'TOPIC PARTITION', min: 0, max: 2 },
  flags,
  settings: SOCKET_SETTINGS,
  examples: [
    { args: 'why', does: 'begin here when nothing moves' },
    { args: 'why app-crash 3', does: 'what holds partition 3 of app-crash' },
  ],
  run: why,
});

async function why(invocation: Invocation<typeof flags>): Promise<number> {
  const { operands, flags: chosen, terminal } = invocation;
  const [topic, partitionText] = operands;
  const partition = topic === undefined ? 0 : readPartition(partitionText);
  const asked = await whomToAsk(invocation);
  const context = { paint: terminal.paint, columns: terminal.columns() };
  if (topic === undefined) {
    const waits = await askControl({ command: 'waits' }, asked);
    await terminal.print(chosen.json ? json(waits) : `${waitsView(waits, context).join('\n')}\n`);
    return 0;
  }
  const answers = await askControl({ command: 'why', topic, partition }, asked);
  if (answers.length === 0) throw await notHere(topic, partition, asked);
  await terminal.print(chosen.json ? json(answers) : `${whyView(answers, context).join('\n')}\n`);
  return 0;
}

function json(answer: unknown): string {
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function readPartition(text: string | undefined): number {
  if (text === undefined) throw new EngineError('E_USAGE', 'PARTITION is missing: why TOPIC PARTITION');
  const partition = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(partition)) return partition;
  throw new EngineError('E_USAGE', `PARTITION must be a whole number, not ${JSON.stringify(text)}`);
}

/** What there is instead. */
async function notHere(topic: string, partition: number, asked: Asked): Promise<EngineError> {
  const { partitions } = await askControl({ command: 'status' }, asked);
  const topics = [...new Set(partitions.map((each) => each.topic))];
  const ofTopic = partitions.filter((each) => each.topic === topic).map((each) => each.partition);
  const instead =
    ofTopic.length > 0
      ? `it reads of ${topic}: ${[...new Set(ofTopic)].toSorted((a, b) => a - b).join(', ')}`
      : `it reads the topics ${topics.join(', ') || '(none yet)'}`;
  const message = `the process does not read partition ${partition} of topic ${JSON.stringify(topic)}`;
  return new EngineError('E_TOPIC_UNKNOWN', `${message}; ${instead}`, {
    hint: '`faultline status --json` lists all its partitions.',
  });
}
