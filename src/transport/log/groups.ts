/**
 * Consumer groups: who reads for a group, and the positions it has committed.
 *
 * One process at a time reads for a group. Positions are stored without the main thread waiting;
 * what is committed while a write is under way goes into the next one.
 */
import { randomUUID } from 'node:crypto';
import type { NotedPosition, TopicPartition } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { Environment, StoredHolder, StoredPosition } from './environment.ts';
import { ROOM_KEPT_TO_REMOVE_BYTES } from './environment.ts';
import { writeFailure } from './failure.ts';
import { isAlive, thisHolder } from './holder.ts';

/** What a group has stored of one partition. */
export interface CommittedPosition extends TopicPartition, StoredPosition {}

/** Positions of one group. */
export interface GroupPositions {
  readonly group: string;
  readonly positions: readonly NotedPosition[];
}

/** Tokens of the groups that this process holds. */
const HELD_HERE = new Set<string>();

/** A group that this process reads for. */
export class Group {
  readonly #environment: Environment;
  readonly #name: string;
  readonly #holder: StoredHolder = thisHolder(randomUUID());
  readonly #loss: () => EngineError | null;
  #pending = new Map<string, NotedPosition>();
  #writing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /**
   * `loss`: asked inside the transaction that stores positions; when it tells of lost records nothing
   * is stored, for the positions may count on them; nor when another process has taken the group.
   */
  constructor(environment: Environment, name: string, loss: () => EngineError | null = () => null) {
    this.#environment = environment;
    this.#name = name;
    this.#loss = loss;
  }

  /** Takes the group. Rejects with `E_LOG_BUSY` when a living process has it, or as writes do. */
  async enter(): Promise<void> {
    const { owners } = this.#environment.tables;
    let other: StoredHolder | null = null;
    await this.#write(() => {
      const owner = owners.get(this.#name);
      other = owner !== undefined && this.#isHeld(owner) ? owner : null;
      if (other === null) void owners.put(this.#name, this.#holder);
    });
    if (other !== null) throw busy(this.#name, other);
    HELD_HERE.add(this.#holder.token);
  }

  /** Lets the group go, after what is being committed. Never rejects: a dead holder is taken over anyway. */
  async leave(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#next]);
    HELD_HERE.delete(this.#holder.token);
    const { owners } = this.#environment.tables;
    const release = (): void => {
      if (owners.get(this.#name)?.token === this.#holder.token) void owners.remove(this.#name);
    };
    await this.#write(release).catch(() => {});
  }

  /** The stored position of a partition, or `null`. */
  committed(topic: string, partition: number): StoredPosition | null {
    return this.#environment.tables.positions.get([this.#name, topic, partition]) ?? null;
  }

  /** Stores positions, durably, all or none. Rejects with `E_COMMIT_FAILED`. */
  async commit(positions: readonly NotedPosition[]): Promise<void> {
    for (const position of positions) this.#pending.set(`${position.topic}/${position.partition}`, position);
    this.#next ??= this.#store();
    return this.#next;
  }

  async #store(): Promise<void> {
    await this.#writing?.catch(() => {});
    const positions = [...this.#pending.values()];
    this.#pending = new Map();
    this.#writing = this.#next;
    this.#next = null;
    const found: { loss: EngineError | null } = { loss: null };
    try {
      await this.#write(() => {
        found.loss = this.#loss() ?? this.#takenOver();
        if (found.loss === null) putPositions(this.#environment, { group: this.#name, positions });
      });
      if (found.loss !== null) throw found.loss;
    } catch (error) {
      const cause = await writeFailure(error, this.#environment.dir);
      const message = `the positions of group ${this.#name} could not be stored: ${cause.message}`;
      throw new EngineError('E_COMMIT_FAILED', message, { cause, hint: cause.hint });
    }
  }

  /** Another process has entered the group since: it did not see that this one lives. */
  #takenOver(): EngineError | null {
    const isFree = this.#environment.tables.owners.get(this.#name) === undefined;
    return isFree ? null : groupLoss(this.#environment, this.#name);
  }

  /** Alive, and in this process also not forgotten by one that could not let it go. */
  #isHeld(owner: StoredHolder): boolean {
    if (owner.pid === process.pid && owner.startedTicks === this.#holder.startedTicks)
      return HELD_HERE.has(owner.token);
    return isAlive(owner);
  }

  async #write(callback: () => void): Promise<void> {
    try {
      // Of a group little is written, and what is committed on a full disk need not be done again.
      await this.#environment.write(() => this.#environment.inside(callback), 0, ROOM_KEPT_TO_REMOVE_BYTES);
    } catch (error) {
      throw await writeFailure(error, this.#environment.dir);
    }
  }
}

/** Inside a transaction: stores positions. */
export function putPositions({ tables }: Environment, { group, positions }: GroupPositions): void {
  for (const { topic, partition, offset, metadata } of positions) {
    void tables.positions.put([group, topic, partition], { offset, metadata });
  }
}

/** Inside a transaction: `E_GROUP_LOST` unless this process, by whichever of its sources, reads for the group. */
export function groupLoss({ tables }: Environment, group: string): EngineError | null {
  const owner = tables.owners.get(group);
  if (owner !== undefined && HELD_HERE.has(owner.token)) return null;
  const who = owner === undefined ? 'nobody reads' : `process ${owner.pid} reads`;
  const message = `${who} for the group ${group}, so this process cannot store its positions`;
  return new EngineError('E_GROUP_LOST', message, { details: { group, pid: owner?.pid ?? null } });
}

/** All groups that have a reader or have committed something, by name. */
export function groupNames({ tables }: Environment): readonly string[] {
  const names = new Set<string>(tables.owners.getKeys({}));
  for (const [group] of tables.positions.getKeys({})) names.add(group);
  return [...names].sort();
}

/** Everything that a group has committed. */
export function committedPositions({ tables }: Environment, group: string): readonly CommittedPosition[] {
  const found: CommittedPosition[] = [];
  for (const { key, value } of tables.positions.getRange({ start: [group, '', 0] })) {
    const [name, topic, partition] = key;
    if (name !== group) break;
    found.push({ topic, partition, ...value });
  }
  return found;
}

/** The process that reads for a group now, or `null`. */
export function groupReader({ tables }: Environment, group: string): number | null {
  const owner = tables.owners.get(group);
  return owner !== undefined && isAlive(owner) ? owner.pid : null;
}

function busy(group: string, { pid }: StoredHolder): EngineError {
  const message = `process ${pid} already reads the log for the group ${group}`;
  return new EngineError('E_LOG_BUSY', message, { details: { pid, group } });
}
