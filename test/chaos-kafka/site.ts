/**
 * One mode of a chaos run on Kafka: a group of two to four processes over topics of its own, the feeder,
 * who is asking all the time, and the account of what is not as it must be.
 *
 * What the processes do by themselves is judged here: they end only when they are told to, answer, and
 * the group goes on after each fault and finishes everything. What came out is judged by the ledger.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TOPICS } from '../../src/load/topics.ts';
import { eventually, within } from '../helpers/eventually.ts';
import { ask, askAll } from '../chaos/asking.ts';
import type { ChaosSite } from '../chaos/campaign.ts';
import type { Exit } from '../chaos/children.ts';
import { Feeding } from '../chaos/feeding.ts';
import type { Beside } from '../chaos/ledger.ts';
import type { EndKind, Judged } from '../chaos/report.ts';
import { endKind } from '../chaos/report.ts';
import { Story } from '../chaos/story.ts';
import type { AuditedRecord } from './auditor.ts';
import { judgeRecords, readTopics } from './auditor.ts';
import type { Brokers } from './brokers.ts';
import type { MemberPlan } from './member.ts';
import { AHEAD_MAX, CREDIT, Member, PULL_MAX } from './member.ts';

/** Of each input topic, and of each output. */
const PARTITIONS = 4;
const MEMBERS_MIN = 2;
const MEMBERS_MAX = 4;
/** As docs/guarantees.md counts them: aheadMax of each partition and one pull, or what was on its way to the sink. */
const CUT_MAX = AHEAD_MAX * PARTITIONS * Object.keys(TOPICS).length + PULL_MAX;
const REPEATED_MAX = { killed: CUT_MAX, stopped: CREDIT, ordered: 0 };

const START_MS = 90_000;
const PROGRESS_MS = 90_000;
const END_MS = 90_000;
const DONE_MS = 180_000;
const HEAL_MS = 240_000;
const ASK_EVERY_MS = 300;
const LOOK_EVERY_MS = 300;
/** What a process may end with by itself where brokers were in trouble; the second only before it reads. */
const UNKNOWN = /E_TRANSACTION_UNKNOWN/;
const CANNOT_START = /E_KAFKA_UNREACHABLE|E_KAFKA_FAILED/;
const READS = /"event":"assigned"/;

/** What a site is made of. */
export interface SiteOptions {
  readonly dir: string;
  readonly seed: number;
  readonly brokers: Brokers;
  readonly sessionMs: number;
  /** Events a second. */
  readonly rate: number;
}

/** The site. */
export class Site implements ChaosSite {
  readonly story: Story;
  readonly feeding: Feeding;
  readonly brokers: Brokers;
  readonly plan: MemberPlan;
  readonly deadLetters: string;
  readonly findings: string;
  readonly #inputs: readonly string[];
  readonly #ends = new Map<number, EndKind>();
  readonly #lives = new Map<number, Member>();
  #inTrouble = false;
  #isHealed = false;

  constructor(mode: Judged['mode'], { dir, seed, brokers, sessionMs, rate }: SiteOptions) {
    const addresses = brokers.cluster.brokers;
    this.story = new Story(mode, dir);
    this.brokers = brokers;
    const prefix = `${mode}-`;
    this.plan = { story: this.story, brokers: addresses, group: mode, prefix, sessionMs };
    this.findings = `${prefix}findings`;
    this.deadLetters = `${prefix}dead-letters`;
    this.#inputs = Object.values(TOPICS).map((topic) => prefix + topic);
    const args = [
      '--brokers',
      addresses.join(),
      '--prefix',
      prefix,
      '--group',
      mode,
      '--rate',
      String(rate),
      '--partitions',
      String(PARTITIONS),
    ];
    this.feeding = new Feeding(this.story, { seed, module: join(import.meta.dirname, 'feeder.ts'), args });
  }

  /** Those that run, oldest first. */
  get members(): readonly Member[] {
    return [...this.#lives.values()].filter(({ child }) => !child.hasEnded);
  }

  get #topics(): readonly string[] {
    return [...this.#inputs, this.findings, this.deadLetters];
  }

  get isFull(): boolean {
    return this.members.length >= MEMBERS_MAX;
  }

  get mayLose(): boolean {
    return this.members.length > MEMBERS_MIN;
  }

  async open(): Promise<void> {
    await this.brokers.makeTopics(this.#topics.map((topic) => ({ topic, numPartitions: PARTITIONS })));
  }

  feed(): void {
    this.feeding.start();
  }

  /** Another process, which joins the group in its time. */
  spawn(...flags: readonly string[]): Member {
    const life = this.#lives.size + 1;
    this.story.tell(`life ${life} starts ${flags.join(' ')}`);
    const member = new Member(this.plan, life, flags);
    if (this.#inTrouble) this.#disturb(member);
    this.#lives.set(life, member);
    void member.child.exited.then((exit) => this.#ended(member, exit));
    return member;
  }

  /** Sees to it that enough processes run and that all answer. */
  async start(): Promise<void> {
    await eventually(
      'the members answer',
      async () => {
        while (this.members.length < MEMBERS_MIN) this.spawn();
        const answers = this.members.map(({ socket }) => ask(this.story, socket, { command: 'status' }));
        return (await Promise.all(answers)).every((answer) => answer !== null);
      },
      { withinMs: START_MS, everyMs: 100 },
    );
  }

  /** From now on these may end. */
  expectEnd(members: readonly Member[] = this.members): void {
    for (const member of members) member.mayEnd = true;
  }

  /** Cuts members off, and waits for their ends. */
  async kill(members: readonly Member[]): Promise<void> {
    this.expectEnd(members);
    for (const { child, life } of members) {
      this.story.tell(`life ${life} is killed`);
      child.kill('SIGKILL');
    }
    await Promise.all(members.map((member) => this.ended(member)));
  }

  /** SIGTERM, and an end in order. */
  async dismiss(member: Member): Promise<void> {
    this.expectEnd([member]);
    member.child.kill('SIGTERM');
    await this.endedInOrder(member, 'SIGTERM');
  }

  async ended({ child, life }: Member): Promise<Exit> {
    return within(`the end of life ${life}`, child.exited, END_MS);
  }

  async endedInOrder(member: Member, how: string): Promise<void> {
    const { code, signal } = await this.ended(member);
    const { life } = member;
    if (code !== 0) this.story.blame(`${how} ended life ${life} with ${signal ?? code}: run-${life}.txt`);
  }

  /** Some stand still for a while. */
  async freeze(members: readonly Member[], forMs: number): Promise<void> {
    this.story.tell(
      `lives ${members.map(({ life }) => life).join()} stand still for ${Math.round(forMs)} ms`,
    );
    for (const member of members) {
      member.disturbances += 1;
      member.child.kill('SIGSTOP');
    }
    await pause(forMs);
    for (const { child } of members) child.kill('SIGCONT');
    this.story.tell('they go on');
  }

  /** While `work` is under way the brokers are in trouble: whoever runs then may lose the group. */
  async trouble(what: string, work: () => Promise<void>): Promise<void> {
    this.story.tell(what);
    this.#inTrouble = true;
    for (const member of this.members) this.#disturb(member);
    try {
      await work();
    } finally {
      this.#inTrouble = false;
      this.story.tell('the brokers are well');
    }
  }

  #disturb(member: Member): void {
    member.disturbances += 1;
    member.hasSeenTrouble = true;
  }

  #ended(member: Member, { code, signal }: Exit): void {
    const { life, mayEnd, hasSeenTrouble, child } = member;
    this.story.tell(`life ${life} ended, ${signal ?? code}`);
    this.#ends.set(life, endKind(code));
    if (mayEnd) return;
    const words = `life ${life} ended by itself with ${signal ?? code}: run-${life}.txt`;
    const { written } = child;
    const isExcused = UNKNOWN.test(written) || (CANNOT_START.test(written) && !READS.test(written));
    if (hasSeenTrouble && isExcused) this.story.tell(words);
    else this.story.blame(words);
  }

  async progress(): Promise<void> {
    let before: number | null = null;
    const hasMoved = async (): Promise<boolean> => {
      if (this.members.length === 0) await this.start();
      const committed = (await this.brokers.progressOf(this.plan.group, this.#inputs))?.committed ?? null;
      before ??= committed;
      return committed !== null && before !== null && committed > before;
    };
    await this.#await('progress', hasMoved, PROGRESS_MS);
  }

  /** Where it does not come about it is a fault, told with what each member waits for. */
  async #await(what: string, look: () => Promise<boolean>, withinMs: number): Promise<void> {
    try {
      await eventually(what, look, { withinMs, everyMs: LOOK_EVERY_MS });
    } catch {
      for (const { life, socket } of this.members) {
        const waits = await ask(this.story, socket, { command: 'waits' });
        const status = await ask(this.story, socket, { command: 'status' });
        this.story.tell(`life ${life} says ${JSON.stringify({ waits, status })}`);
      }
      this.story.blame(`it stands still, no ${what} in ${withinMs} ms: story.txt`);
    }
  }

  async keepAsking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.members.map(({ socket }) => askAll(this.story, socket)));
      await pause(ASK_EVERY_MS);
    }
  }

  /** Those that run have to finish everything first: none may be alive and stuck. */
  async rest(random: () => number): Promise<void> {
    await this.feeding.stop();
    await this.start();
    await this.#finish();
    if (random() < 0.5) await this.kill(this.members);
    else await Promise.all(this.members.map((member) => this.dismiss(member)));
  }

  async #finish(): Promise<void> {
    const isDone = async (): Promise<boolean> =>
      (await this.brokers.progressOf(this.plan.group, this.#inputs))?.lag === 0;
    await this.#await('end of what is to be done', isDone, DONE_MS);
  }

  async heal(): Promise<void> {
    const member = this.spawn('--until-idle');
    this.expectEnd([member]);
    const { code, signal } = await within('the last run', member.child.exited, HEAL_MS);
    if (code !== 0) this.story.blame(`the last run ended with ${signal ?? code}: run-${member.life}.txt`);
    const left = await this.brokers.progressOf(this.plan.group, this.#inputs);
    if (left?.lag !== 0) this.story.blame(`${left?.lag} are left uncommitted`);
    this.#isHealed = true;
  }

  async judge(dealt: ReadonlyMap<string, number>): Promise<Judged> {
    await this.brokers.heal();
    const read = await readTopics(
      this.plan.brokers,
      this.#topics.map((topic) => ({ topic, partitions: PARTITIONS })),
    );
    const isInput = ({ topic }: AuditedRecord): boolean => this.#inputs.includes(topic);
    const [fed, came] = [read.filter(isInput), read.filter((record) => !isInput(record))];
    const { mode, faults } = this.story;
    return {
      mode,
      faults,
      ends: this.#ends,
      dealt,
      isWhole: this.#isHealed,
      mayRepeat: (life) => this.#mayRepeat(life),
      ...judgeRecords({ account: this.feeding.account(), fed, came, beside: this.#beside() }),
    };
  }

  #beside(): Beside {
    const disturbed = [...this.#lives.values()].filter(({ disturbances }) => disturbances > 0);
    return {
      returned: new Set(disturbed.map(({ life }) => life)),
      blame: (before, after) =>
        this.#mayRepeat(before) > 0 || this.#mayRepeat(after) === 0 ? before : after,
    };
  }

  #mayRepeat(life: number): number {
    const disturbances = this.#lives.get(life)?.disturbances ?? 0;
    return REPEATED_MAX[this.#ends.get(life) ?? 'killed'] + disturbances * CUT_MAX;
  }

  keep(): void {
    // All of it lies in the directory of the story.
  }

  async close(): Promise<void> {
    // The brokers are both sites'.
  }
}
