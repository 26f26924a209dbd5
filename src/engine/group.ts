/** One consumer group within the engine: its partitions, its intake and its commits. */
import type { Delivery } from '../model/delivery.ts';
import type { WaitCause } from '../model/status.ts';
import { Commit } from './commit.ts';
import type { Conditions } from './conditions.ts';
import { Consume } from './consume.ts';
import type { Credit } from './credit.ts';
import type { TaskLanes } from './lane.ts';
import { Membership } from './membership.ts';
import type { EngineGroup, EngineOptions } from './options.ts';
import type { Partition } from './partition.ts';
import { routeTopic } from './route.ts';
import { sleep } from './sleep.ts';

/** What a group needs of the engine. */
export interface GroupContext {
  readonly options: EngineOptions;
  readonly credit: Credit;
  readonly conditions: Conditions;
  /** Of all groups. */
  readonly tasks: readonly TaskLanes[];
  /** Given when intake ends. */
  readonly intakeEnd: AbortSignal;
  /** Given when the engine ends. */
  readonly end: AbortSignal;
  readonly nextEpoch: () => number;
  readonly accept: (group: Group, deliveries: readonly Delivery[]) => void;
  /** Intake may look again whether it can go on. */
  readonly resumeIntake: () => void;
  /** A pull brought nothing. */
  readonly nothing: () => Promise<void>;
  /** A partition was let go. */
  readonly fenced: (partition: Partition) => void;
  readonly causeOf: (ahead: readonly Partition[]) => WaitCause;
  /** What must not happen has: the engine ends. */
  readonly failed: (error: unknown) => void;
}

/** See above. */
export class Group {
  readonly name: string;
  readonly membership: Membership;
  readonly consume: Consume;
  /** `null`: positions are stored with what is published. */
  readonly commit: Commit | null;
  readonly #group: EngineGroup;
  readonly #context: GroupContext;

  constructor(group: EngineGroup, context: GroupContext) {
    this.name = group.name;
    this.#group = group;
    this.#context = context;
    this.membership = this.#makeMembership();
    this.commit = context.options.transactions === null ? this.#makeCommit() : null;
    this.consume = this.#makeConsume();
  }

  /** Joins the group, and commits now and then until the engine ends. */
  async open(): Promise<void> {
    await this.#group.source.open(this.membership);
    if (this.commit !== null) this.#commitNowAndThen(this.commit).catch(this.#context.failed);
  }

  /** Commits what is left. False when that did not succeed in time. */
  readonly commitWithin = async (leftMs: () => number): Promise<boolean> =>
    this.commit === null || this.commit.within(leftMs);

  /** Its source lets it go, and finds out whose it is. One that was assigned anew meanwhile stays. */
  fenced(partition: Partition): void {
    const { topic, partition: number } = partition;
    if (this.membership.partitionOf(topic, number) === partition)
      this.#group.source.fenced([{ topic, partition: number }]);
  }

  /** What is still to be read of tasks that work. */
  async backlog(): Promise<number> {
    let left = 0;
    for (const { topic, partition, deliveries } of await this.#group.source.backlog())
      if (this.membership.partitionOf(topic, partition)?.phase !== 'stopped') left += deliveries;
    return left;
  }

  async #commitNowAndThen(commit: Commit): Promise<void> {
    const { options, end } = this.#context;
    while (!end.aborted) {
      await sleep(options.clock, options.limits.commitIntervalMs, end);
      if (!end.aborted) await commit.now();
    }
  }

  async #commitRevoking(leftMs: () => number): Promise<void> {
    try {
      await this.commit?.within(leftMs, 'leaving');
    } catch (error) {
      this.#context.failed(error);
    }
  }

  #makeMembership(): Membership {
    const { options, conditions, tasks, nextEpoch, fenced, end } = this.#context;
    return new Membership({
      group: this.name,
      probe: options.probe,
      clock: options.clock,
      conditions,
      revokeMs: options.limits.revokeMs,
      commitMs: options.limits.commitMs,
      tasks,
      nextEpoch,
      route: (topic) => routeTopic(options.tasks, this.name, topic),
      commitRevoking: (leftMs) => this.#commitRevoking(leftMs),
      fenced,
      ended: () => end.aborted,
    });
  }

  #makeCommit(): Commit {
    const { options, resumeIntake, end } = this.#context;
    return new Commit({
      end,
      group: this.#group,
      clock: options.clock,
      probe: options.probe,
      partitions: () => this.membership.partitions(),
      stored: resumeIntake,
    });
  }

  #makeConsume(): Consume {
    const { options, credit, tasks, intakeEnd, accept, resumeIntake, nothing, causeOf } = this.#context;
    const context = {
      group: this.#group,
      tasks: tasks.filter(({ task }) => task.group === this.name),
      credit,
      limits: options.limits,
      clock: options.clock,
      probe: options.probe,
      signal: intakeEnd,
      groups: options.groups.length,
      partitionOf: (topic: string, partition: number) => this.membership.partitionOf(topic, partition),
      causeOf,
    };
    return new Consume(context, {
      accept: (deliveries) => {
        accept(this, deliveries);
      },
      released: resumeIntake,
      nothing,
      commitWanted: () => void this.commit?.soon().catch(this.#context.failed),
    });
  }
}
