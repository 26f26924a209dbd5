/**
 * One broker: a Java process with its data, which can be ended in every way and started again at the
 * same ports. It never outlives the process that started it, however that one ends: where the system
 * has `setpriv` (Linux) the kernel sees to it, elsewhere the `exit` handler does, which a kill skips.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, within } from '../eventually.ts';
import { brokersAlive } from './probe.ts';
import { findCommand } from './tools.ts';

const START_MS = 60_000;
const PROBE_EVERY_MS = 100;
/** Leading partitions are handed over before a broker ends; without a quorum that has no end. */
const STOP_MS = 30_000;
const TAIL_LINES = 25;

/** What a node is started with. */
export interface NodeSettings {
  readonly id: number;
  readonly directory: string;
  /** The port that it is asked at whether it is up. */
  readonly probePort: number;
  readonly java: string;
  readonly javaArgs: readonly string[];
}

const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A broker that runs or does not. */
export class KafkaNode {
  readonly #settings: NodeSettings;
  #child: ChildProcess | undefined;

  constructor(settings: NodeSettings) {
    this.#settings = settings;
  }

  /** The id of its process; `undefined` while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The end of what it has logged, warnings and errors only. */
  get logTail(): string {
    return readFileSync(this.#logFile, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }

  /** Resolves when it answers and knows these nodes alive; rejects, with what it logged, when it ends or is not up in time. */
  async start(expected: readonly number[] = [this.#settings.id]): Promise<void> {
    const { id, probePort } = this.#settings;
    if (this.#child !== undefined) throw new Error(`node ${id} runs already`);
    const child = this.#spawn();
    const isUp = async (): Promise<boolean> => {
      if (this.#child !== child) throw new Error('it has ended');
      const alive = await brokersAlive(probePort);
      return expected.every((node) => alive.includes(node));
    };
    try {
      await eventually('it answers', isUp, { withinMs: START_MS, everyMs: PROBE_EVERY_MS });
    } catch (error) {
      await this.kill();
      throw new Error(`node ${id} of Kafka did not start: ${String(error)}\n${this.logTail}`, {
        cause: error,
      });
    }
  }

  /** SIGTERM: it hands over what it leads, and ends. Rejects when it has not in 30 s. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGKILL. Does nothing when it does not run. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGSTOP: alive to the system, silent to everybody else. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** SIGCONT: the end of a freeze. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  get #logFile(): string {
    return join(this.#settings.directory, 'broker.log');
  }

  #spawn(): ChildProcess {
    const { java, javaArgs, directory } = this.#settings;
    const [command = java, ...args] = [...endWithParent(), java, ...javaArgs];
    const log = openSync(this.#logFile, 'a');
    const child = spawn(command, args, { stdio: ['ignore', log, log], cwd: directory });
    closeSync(log);
    const onEnd = (): void => {
      living.delete(child);
      if (this.#child === child) this.#child = undefined;
    };
    living.add(child);
    child.once('exit', onEnd).once('error', onEnd);
    this.#child = child;
    return child;
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await within(`the end of node ${this.#settings.id} after ${signal}`, ended, STOP_MS);
  }
}

/** The kernel's own watchdog, where there is one: the process gets SIGKILL when its parent ends. */
function endWithParent(): readonly string[] {
  const setpriv = findCommand('setpriv');
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL'];
}
