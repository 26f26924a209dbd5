/** A process of the group: `faultline run` on Kafka, with a config of its own. Its life is the number of its task. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyzerPath } from '../helpers/batches.ts';
import { Child } from '../chaos/children.ts';
import { POISON } from '../chaos/fed.ts';
import type { Story } from '../chaos/story.ts';

/** Limits of the engine, which bound what a cut may make seen twice. */
export const AHEAD_MAX = 500;
export const PULL_MAX = 500;
export const CREDIT = 1500;

/** What all members of a group have in common. */
export interface MemberPlan {
  readonly story: Story;
  readonly brokers: readonly string[];
  readonly group: string;
  /** Of all topics of this site. */
  readonly prefix: string;
  readonly sessionMs: number;
}

/** The member. */
export class Member {
  readonly life: number;
  readonly child: Child;
  readonly config: string;
  readonly socket: string;
  /** The file that ends the thread that finds it (test/fixtures/analyzers/chaos.ts). */
  readonly threadFile: string;
  /** What was done to it, or around it, after which it may have lost its partitions. */
  disturbances = 0;
  /** The brokers were in trouble in its time. */
  hasSeenTrouble = false;
  mayEnd = false;

  constructor(plan: MemberPlan, life: number, flags: readonly string[] = []) {
    const { dir } = plan.story;
    this.life = life;
    this.config = join(dir, `member-${life}.yaml`);
    this.socket = join(dir, `member-${life}.sock`);
    this.threadFile = join(dir, `end-a-thread-${life}`);
    writeFileSync(this.config, config(plan, this));
    this.child = Child.faultline(['run', '--config', this.config, ...flags], {
      file: join(dir, `run-${life}.txt`),
      env: { CHAOS_THREAD_FILE: this.threadFile },
    });
  }
}

function config(
  { story: { mode }, brokers, group, prefix, sessionMs }: MemberPlan,
  { life, socket }: Member,
): string {
  return `
system:
  transport: kafka
  control: ${socket}
  delivery: ${mode}
  threads: 1
  aheadMax: ${AHEAD_MAX}
  eventTimeoutMs: 1500
  pull: { deliveries: ${PULL_MAX} }
  credit: { deliveries: ${CREDIT} }
  pool: { heapMbMax: 64 }
  retry: { backoffMs: 20, backoffMaxMs: 200 }
  shutdown: { drainMs: 60000, revokeMs: 10000, commitMs: 8000 }
  outputs: { findings: ${prefix}findings, deadLetters: ${prefix}dead-letters }
  kafka:
    brokers: [${brokers.join()}]
    connectTimeoutMs: 2000
    requestTimeoutMs: 5000
    backoffMaxMs: 1000
    session: { timeoutMs: ${sessionMs}, heartbeatMs: ${sessionMs / 6}, rebalanceTimeoutMs: 20000 }
    produce: { timeoutMs: 20000 }
    transactionTimeoutMs: 25000
tasks:
  life-${life}:
    group: ${group}
    topics: ^${prefix}app-(crash|lag)$
    analyzers:
      PERF_CRASH: ${analyzerPath('chaos-life.ts')}
      PERF_LAG: ${analyzerPath('chaos-life.ts')}
      ${POISON}: ${analyzerPath('chaos.ts')}
`;
}
