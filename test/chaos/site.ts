/**
 * One log of a chaos run with everything around it: the engine in one of its modes, the feeder, the
 * auditor, who is asking all the time, and the account of what is not as it must be.
 *
 * What the engine does by itself is judged here: it ends only when it is told to, answers, and goes on
 * after each fault. What came out is judged by the ledger, at the end.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { smallDisk, type SmallDisk } from '../e2e/small-disk.ts';
import { analyzerPath } from '../helpers/batches.ts';
import { eventually, within } from '../helpers/eventually.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { ask, askAll } from './asking.ts';
import { Auditor } from './auditor.ts';
import type { ChaosSite } from './campaign.ts';
import { Child, type Exit } from './children.ts';
import { POISON } from './fed.ts';
import { Feeding } from './feeding.ts';
import { judge } from './ledger.ts';
import { endKind } from './report.ts';
import type { EndKind, Judged } from './report.ts';
import { Story } from './story.ts';

/** Limits of the engine, which bound what a cut may make seen twice. */
const AHEAD_MAX = 2000;
const PULL_MAX = 1000;
const PARTITIONS = 4;
/** Retention removes what is older, and has been read by the engine and by the auditor. */
const KEPT_MS = 1000;
/** Those of the event generator. */
const TOPICS = 2;
const CREDIT = 4000;
/** As docs/guarantees.md counts them: aheadMax of each partition and one pull, or what was on its way to the sink. */
const REPEATED_MAX = { killed: AHEAD_MAX * PARTITIONS * TOPICS + PULL_MAX, stopped: CREDIT, ordered: 0 };

const START_MS = 60_000;
const PROGRESS_MS = 60_000;
const END_MS = 90_000;
const HEAL_MS = 240_000;
const ASK_EVERY_MS = 100;
/** What it may end with by itself in a life in which the disk was full; the second only before it reads. */
const UNKNOWN = /E_TRANSACTION_UNKNOWN/;
const CANNOT_START = /E_LOG_FULL/;
const READS = /"event":"assigned"/;

/** The site. */
export class Site implements ChaosSite {
  readonly story: Story;
  readonly feeding: Feeding;
  readonly log: string;
  readonly config: string;
  readonly socket: string;
  /** `null` where none could be made: `noDisk` says why. */
  readonly disk: SmallDisk | null;
  readonly noDisk: string | null;
  /** Of each life of the engine, how it ended. */
  readonly ends: Map<number, EndKind> = new Map<number, EndKind>();
  #isHealed = false;
  #isDiskFull = false;
  /** The last life that saw a full disk. */
  #fullIn = 0;
  #auditor: Auditor | null = null;
  #engine: Child | null = null;
  /** The last life that may end. */
  #endWantedIn = 0;

  constructor(
    mode: Judged['mode'],
    options: { readonly dir: string; readonly seed: number; readonly end: TestEnd },
  ) {
    this.story = new Story(mode, options.dir);
    const disk = smallDisk(options.end);
    this.disk = typeof disk === 'string' ? null : disk;
    this.noDisk = typeof disk === 'string' ? disk : null;
    this.log = join(this.disk?.dir ?? this.dir, 'log');
    this.config = join(this.dir, 'faultline.yaml');
    this.socket = join(this.dir, 'control.sock');
    writeFileSync(this.config, config(this));
    const module = join(import.meta.dirname, 'feeder.ts');
    this.feeding = new Feeding(this.story, { seed: options.seed, module, args: ['--dir', this.log] });
  }

  get dir(): string {
    return this.story.dir;
  }

  /** The file that ends the thread that finds it (test/fixtures/analyzers/chaos.ts). */
  get threadFile(): string {
    return join(this.dir, 'end-a-thread');
  }

  get engine(): Child {
    if (this.#engine === null) throw new Error('the engine was never started');
    return this.#engine;
  }

  get life(): number {
    return this.#auditor?.life ?? 0;
  }

  /** Findings and dead letters so far. */
  get came(): number {
    return this.#auditor?.outputs.length ?? 0;
  }

  /** The engine comes to a log whose first events are older already than retention keeps them. */
  async open(): Promise<void> {
    this.#auditor = await Auditor.open(this.log, join(this.dir, 'seen.txt'));
    this.feed();
    await eventually('something is fed', () => (this.#auditor?.fed.length ?? 0) > 0, { withinMs: START_MS });
    await this.feeding.stop();
    await pause(2 * KEPT_MS);
  }

  /** Starts the engine and sees to it that nothing of an earlier life is noted as of this one. */
  async spawn(...flags: readonly string[]): Promise<Child> {
    await this.#auditor?.caughtUp();
    if (this.#auditor !== null) this.#auditor.life += 1;
    if (this.#isDiskFull) this.#fullIn = this.life;
    this.story.tell(`life ${this.life} starts ${flags.join(' ')}`);
    const engine = Child.faultline(['run', '--config', this.config, ...flags], {
      file: join(this.dir, `run-${this.life}.txt`),
      env: { CHAOS_THREAD_FILE: this.threadFile },
    });
    this.#engine = engine;
    const { life } = this;
    void engine.exited.then((exit) => this.#ended(life, { ...exit, written: engine.written }));
    return engine;
  }

  /** Sees to it that an engine runs; resolves when it answers. */
  async start(): Promise<void> {
    await eventually(
      'the engine answers',
      async () => {
        if (this.#engine?.hasEnded !== false) await this.spawn();
        return (await ask(this.story, this.socket, { command: 'status' })) !== null;
      },
      { withinMs: START_MS, everyMs: 50 },
    );
  }

  /** From now on and until the returned function is called the disk is full. */
  fillDisk(disk: SmallDisk, leftBytes: number): () => void {
    this.#fullIn = this.life;
    disk.leave(leftBytes);
    this.#isDiskFull = true;
    return () => {
      disk.makeRoom();
      this.#isDiskFull = false;
    };
  }

  /** From now on this life may end. */
  expectEnd(): void {
    this.#endWantedIn = this.life;
  }

  /** How the engine ended. Rejects when it does not. */
  async ended(): Promise<Exit> {
    return within('the end of the engine', this.engine.exited, END_MS);
  }

  #ended(life: number, { code, signal, written }: Exit & { readonly written: string }): void {
    this.story.tell(`life ${life} ended, ${signal ?? code}`);
    this.ends.set(life, endKind(code));
    if (this.#endWantedIn === life) return;
    const words = `life ${life} ended by itself with ${signal ?? code}: run-${life}.txt`;
    const isExcused = UNKNOWN.test(written) || (CANNOT_START.test(written) && !READS.test(written));
    if (this.#fullIn === life && isExcused) this.story.tell(words);
    else this.story.blame(words);
  }

  feed(): void {
    this.feeding.start();
  }

  /** Resolves when something more has come out. Where nothing does it is a fault, told with the reason that the engine gives. */
  async progress(): Promise<void> {
    const before = this.came;
    try {
      await eventually(
        'progress',
        async () => {
          if (this.engine.hasEnded) await this.start();
          return this.came > before;
        },
        { withinMs: PROGRESS_MS, everyMs: 20 },
      );
    } catch {
      const why = await ask(this.story, this.socket, { command: 'waits' });
      this.story.blame(`it stands still: ${JSON.stringify(why)}`);
    }
  }

  /** Asks by turns for the state and for what is waited for, as long as the signal says. */
  async keepAsking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await askAll(this.story, this.socket);
      await pause(ASK_EVERY_MS);
    }
  }

  async rest(random: () => number): Promise<void> {
    await this.feeding.stop();
    this.expectEnd();
    this.engine.kill(random() < 0.5 ? 'SIGKILL' : 'SIGTERM');
    await this.ended();
  }

  /** No more faults: everything that was fed has to be finished, by an engine that then ends by itself. */
  async heal(): Promise<void> {
    await this.feeding.stop();
    const engine = await this.spawn('--until-idle');
    this.expectEnd();
    const { code, signal } = await within('the last run', engine.exited, HEAL_MS);
    if (code !== 0) this.story.blame(`the last run ended with ${signal ?? code}: run-${this.life}.txt`);
    await this.#auditor?.caughtUp();
    const lag = this.#auditor?.lagOf('faultline') ?? 0;
    if (lag > 0) this.story.blame(`${lag} are left uncommitted`);
    this.#isHealed = true;
  }

  /** What the log made of what was fed, and what the engine made of what the log has. */
  async judge(dealt: ReadonlyMap<string, number>): Promise<Judged> {
    const { fed = [], outputs = [], faults = [] } = this.#auditor ?? {};
    const { mode, faults: blamed } = this.story;
    const account = this.feeding.account();
    const inLog = new Set(fed.map(({ id }) => id));
    const plain = account.map(({ codes: _, ...entry }) => entry);
    return {
      mode,
      faults: [...blamed, ...faults],
      ends: this.ends,
      dealt,
      isWhole: this.#isHealed,
      mayRepeat: (life) => REPEATED_MAX[this.ends.get(life) ?? 'killed'],
      log: judge(plain, fed),
      engine: judge(
        account.filter(({ id }) => inLog.has(id)),
        outputs,
      ),
    };
  }

  async close(): Promise<void> {
    await this.#auditor?.close();
  }

  /** Puts what is on the small disk beside the rest, before that disk is gone. */
  keep(): void {
    if (this.disk !== null)
      cpSync(this.log, join(this.dir, 'log'), { recursive: true, filter: (path) => !path.endsWith('.sock') });
  }
}

function config({ story: { mode }, log, socket }: Site): string {
  return `
system:
  data: ${log}
  control: ${socket}
  delivery: ${mode}
  threads: 2
  aheadMax: ${AHEAD_MAX}
  eventTimeoutMs: 1500
  pull: { deliveries: ${PULL_MAX} }
  credit: { deliveries: ${CREDIT} }
  pool: { heapMbMax: 64 }
  retry: { backoffMs: 20, backoffMaxMs: 200 }
  shutdown: { drainMs: 60000 }
  log:
    partitions: ${PARTITIONS}
    retention: { ageMs: ${KEPT_MS}, intervalMs: 500, uncommitted: keep }
tasks:
  chaos:
    topics: ^app-(crash|lag)$
    analyzers:
      PERF_CRASH: crash
      PERF_LAG: lag
      ${POISON}: ${analyzerPath('chaos.ts')}
`;
}
