/** A feeder in a process of its own, as its parent sees it: writes to Kafka or to an embedded log. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Feeder } from './feeder.ts';
import type { Pace, Paced } from './pace.ts';
import type { FeedPlan } from './plan.ts';
import type { FeedAnswer, FeedCommand, FeedTarget } from './protocol.ts';

const ENTRY = new URL('./child.ts', import.meta.url);
/** kafkajs sets a negative timer now and then; it does no harm. */
const ARGS = ['--disable-warning=TimeoutNegativeWarning'];

/** Starts it. Rejects when it cannot write there. */
export async function startFeeder(target: FeedTarget, topic: string, plan: FeedPlan): Promise<Feeder> {
  const feeder = new ChildFeeder(fork(ENTRY, { execArgv: ARGS }));
  try {
    await feeder.ask({ type: 'open', target, topic, plan });
    return feeder;
  } catch (error) {
    await feeder.end();
    throw error;
  }
}

class ChildFeeder implements Feeder {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'exit');
  }

  async prepare(count: number): Promise<void> {
    await this.ask({ type: 'prepare', count });
  }

  async send(count: number): Promise<void> {
    await this.ask({ type: 'send', count });
  }

  async pace(pace: Pace): Promise<Paced> {
    const answer = await this.ask({ type: 'pace', pace });
    if (answer.type !== 'paced') throw new Error(`the feeder answered ${answer.type}`);
    return answer.paced;
  }

  async close(): Promise<void> {
    try {
      await this.ask({ type: 'close' });
    } finally {
      await this.end();
    }
  }

  /** Its answer. Rejects when it fails or ends instead. */
  ask(command: FeedCommand): Promise<FeedAnswer> {
    return new Promise((resolve, reject) => {
      const died = (): void => reject(new Error('the feeder has ended'));
      this.#child.once('exit', died);
      this.#child.once('message', (answer: FeedAnswer) => {
        this.#child.off('exit', died);
        if (answer.type === 'failed') reject(new Error(`the feeder: ${answer.message}`));
        else resolve(answer);
      });
      this.#child.send(command);
    });
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#exited;
  }
}
