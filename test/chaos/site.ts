/**
 * One log of a chaos run with everything around it: the engine in one of its modes, the feeder, the
 * auditor, who is asking all the time, and the account of what is not as it must be.
 *
 * What the engine does by itself is judged here: it ends only when it is told to, answers, and goes on
 * after each fault. What came out is judged by the ledger, at the end.
 */
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { askControl } from '../../src/control/client.ts';
import type { StatusAnswer } from '../../src/control/protocol.ts';
import { EngineError } from '../../src/model/errors.ts';
import { smallDisk, type SmallDisk } from '../e2e/small-disk.ts';
import { analyzerPath } from '../helpers/batches.ts';
import { eventually, within } from '../helpers/eventually.ts';
import type { TestEnd } from '../helpers/temporary.ts';
import { Auditor } from './auditor.ts';
import { Child, type Exit } from './children.ts';
import { POISON, readAccount } from './fed.ts';
import { judge } from './ledger.ts';
import type { EndKind, Judged } from './report.ts';

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
/** What may be answered instead while a process starts, stands or ends. */
const SILENCE = new Set(['E_CONTROL_NONE', 'E_CONTROL_LOST', 'E_CONTROL_TIMEOUT']);
/** What it may end with by itself in a life in which the disk was full; the second only before it reads. */
const UNKNOWN = /E_TRANSACTION_UNKNOWN/;
const CANNOT_START = /E_LOG_FULL/;
const READS = /"event":"assigned"/;

/** The site. */
export class Site {
  readonly mode: Judged['mode'];
  readonly dir: string;
  readonly log: string;
  readonly config: string;
  readonly socket: string;
  /** `null` where none could be made: `noDisk` says why. */
  readonly disk: SmallDisk | null;
  readonly noDisk: string | null;
  /** What was not as it must be, in sentences. */
  readonly faults: string[] = [];
  /** Of each life of the engine, how it ended. */
  readonly ends: Map<number, EndKind> = new Map<number, EndKind>();
  /** Faults that were dealt, by kind. */
  readonly dealt: Map<string, number> = new Map<string, number>();
  #isHealed = false;
  #isDiskFull = false;
  /** The last life that saw a full disk. */
  #fullIn = 0;
  #auditor: Auditor | null = null;
  #engine: Child | null = null;
  #feeder: Child | null = null;
  #feeders = 0;
  /** The last life that may end. */
  #endWantedIn = 0;
  readonly #seed: number;

  constructor(
    mode: Judged['mode'],
    options: { readonly dir: string; readonly seed: number; readonly end: TestEnd },
  ) {
    this.mode = mode;
    this.#seed = options.seed;
    this.dir = join(options.dir, mode);
    mkdirSync(this.dir);
    const disk = smallDisk(options.end);
    this.disk = typeof disk === 'string' ? null : disk;
    this.noDisk = typeof disk === 'string' ? disk : null;
    this.log = join(this.disk?.dir ?? this.dir, 'log');
    this.config = join(this.dir, 'faultline.yaml');
    this.socket = join(this.dir, 'control.sock');
    writeFileSync(this.config, config(this));
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

  /** Writes down what happens. */
  tell(what: string): void {
    appendFileSync(join(this.dir, 'story.txt'), `${new Date().toISOString()} life ${this.life}: ${what}\n`);
  }

  /** Something is not as it must be. */
  blame(what: string): void {
    this.tell(`FAULT: ${what}`);
    this.faults.push(what);
  }

  /** The engine comes to a log whose first events are older already than retention keeps them. */
  async open(): Promise<void> {
    this.#auditor = await Auditor.open(this.log, join(this.dir, 'seen.txt'));
    this.feed();
    await eventually('something is fed', () => (this.#auditor?.fed.length ?? 0) > 0, { withinMs: START_MS });
    await this.stopFeeding();
    await pause(2 * KEPT_MS);
  }

  /** Starts the engine and sees to it that nothing of an earlier life is noted as of this one. */
  async spawn(...flags: readonly string[]): Promise<Child> {
    await this.#auditor?.caughtUp();
    if (this.#auditor !== null) this.#auditor.life += 1;
    if (this.#isDiskFull) this.#fullIn = this.life;
    this.tell(`starts ${flags.join(' ')}`);
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
        return (await this.#ask({ command: 'status' })) !== null;
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
    this.tell(`ended, ${signal ?? code}`);
    this.ends.set(life, endKind(code));
    if (this.#endWantedIn === life) return;
    const words = `life ${life} ended by itself with ${signal ?? code}: run-${life}.txt`;
    const isExcused = UNKNOWN.test(written) || (CANNOT_START.test(written) && !READS.test(written));
    if (this.#fullIn === life && isExcused) this.tell(words);
    else this.blame(words);
  }

  feed(): void {
    this.#feeders += 1;
    const seed = this.#seed * 10_000 + this.#feeders;
    const module = join(import.meta.dirname, 'feeder.ts');
    const args = ['--dir', this.log, '--account', this.#account, '--seed', String(seed)];
    const feeder = new Child(module, args, { file: join(this.dir, 'feeders.txt') });
    this.#feeder = feeder;
    void feeder.exited.then(({ code, signal }) => {
      if (code !== 0 && signal !== 'SIGKILL')
        this.blame(`the feeder ended with ${signal ?? code}: feeders.txt`);
    });
  }

  async stopFeeding(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.#feeder === null) return;
    this.#feeder.kill(signal);
    await within('the end of the feeder', this.#feeder.exited, END_MS);
  }

  get #account(): string {
    return join(this.dir, 'account.txt');
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
      const why = await this.#ask({ command: 'waits' });
      this.blame(`it stands still: ${JSON.stringify(why)}`);
    }
  }

  /** Asks by turns for the state and for what is waited for, as long as the signal says. */
  async keepAsking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const status = await this.#ask({ command: 'status' });
      if (status !== null) this.#look(status as StatusAnswer);
      await this.#ask({ command: 'waits' });
      await pause(ASK_EVERY_MS);
    }
  }

  async #ask(request: { readonly command: 'status' } | { readonly command: 'waits' }): Promise<unknown> {
    try {
      return await askControl(request, { path: this.socket, timeoutMs: 2000 });
    } catch (error) {
      if (!(error instanceof EngineError) || !SILENCE.has(error.code))
        this.blame(`asked, and got ${String(error)}`);
      return null;
    }
  }

  /** What must be so at any moment. */
  #look({ partitions, credit, delivery }: StatusAnswer): void {
    if (delivery !== this.mode) this.blame(`it says that it delivers ${delivery}`);
    if (credit.deliveries > credit.deliveriesMax) this.blame(`credit is overdrawn: ${credit.deliveries}`);
    for (const { topic, partition, committed, watermark } of partitions)
      if ((committed ?? 0) > (watermark ?? Infinity))
        this.blame(`${topic} ${partition}: committed ${committed}, watermark ${watermark}`);
  }

  /** No more faults: everything that was fed has to be finished, by an engine that then ends by itself. */
  async heal(): Promise<void> {
    await this.stopFeeding();
    const engine = await this.spawn('--until-idle');
    this.expectEnd();
    const { code, signal } = await within('the last run', engine.exited, HEAL_MS);
    if (code !== 0) this.blame(`the last run ended with ${signal ?? code}: run-${this.life}.txt`);
    await this.#auditor?.caughtUp();
    const lag = this.#auditor?.lagOf('faultline') ?? 0;
    if (lag > 0) this.blame(`${lag} are left uncommitted`);
    this.#isHealed = true;
  }

  /** What the log made of what was fed, and what the engine made of what the log has. */
  judge(): Judged {
    const { fed = [], outputs = [], faults = [] } = this.#auditor ?? {};
    const account = readAccount(this.#account);
    const inLog = new Set(fed.map(({ id }) => id));
    const plain = account.map(({ codes: _, ...entry }) => entry);
    const due = account.filter(({ id }) => inLog.has(id));
    return {
      mode: this.mode,
      faults: [...this.faults, ...faults],
      ends: this.ends,
      dealt: this.dealt,
      isWhole: this.#isHealed,
      repeatedMax: REPEATED_MAX,
      log: judge(plain, fed),
      engine: judge(due, outputs),
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

/** A second signal, which ends it with 130 or 143, is as good as a kill. */
function endKind(code: number | null): EndKind {
  if (code === null || code > 128) return 'killed';
  return code === 0 ? 'ordered' : 'stopped';
}

function config({ mode, log, socket }: Site): string {
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
