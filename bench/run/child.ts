/**
 * The process of one section: its memory, its compiled code and its garbage are not those of the sections
 * before it, and a figure is the same whether the section ran alone or as the last of all. It leads a group
 * of its own, with all that it starts; the group ends when the bench does.
 */
import { FlagError } from '../flags.ts';
import type { BenchOptions } from '../section.ts';
import { SECTIONS } from '../sections.ts';
import type { FromSection, Order, Outcome, ToSection } from './messages.ts';

/** This machine has no Kafka. */
class NoBrokers extends Error {
  override readonly name = 'NoBrokers';
}

const brokers = Promise.withResolvers<readonly string[]>();
brokers.promise.catch(() => undefined); // not every section asks

process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.on('message', (message: ToSection) => {
  switch (message.type) {
    case 'order':
      void obey(message);
      return;
    case 'brokers':
      brokers.resolve(message.brokers);
      return;
    case 'no-brokers':
      brokers.reject(message.isMissing ? new NoBrokers(message.why) : new Error(message.why));
      return;
  }
});

async function obey(order: Order): Promise<void> {
  const last = await answerTo(order);
  process.send?.(last, () => process.exit());
}

async function answerTo({ section: name, options, own }: Order): Promise<Outcome> {
  const section = SECTIONS.find((each) => each.name === name);
  if (section === undefined) return { type: 'failed', why: `there is no section ${name}` };
  try {
    return { type: 'done', results: await section.run({ ...options, ...live(own) }) };
  } catch (error) {
    if (error instanceof FlagError) return { type: 'wrong-flag', why: error.message };
    if (error instanceof NoBrokers) return { type: 'left-out', why: error.message };
    return { type: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function live(own: Order['own']): Pick<BenchOptions, 'flag' | 'brokers' | 'tell'> {
  return {
    flag: (flag) => own[flag],
    brokers: () => {
      say({ type: 'brokers?' });
      return brokers.promise;
    },
    tell: (what) => say({ type: 'tell', what }),
  };
}

function say(message: FromSection): void {
  process.send?.(message);
}
