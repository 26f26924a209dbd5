/** The stage that releases transactions, with partitions whose deliveries are finished by hand. */
import { TaskLanes, Work } from '../../../src/engine/lane.ts';
import type { PublishPolicy } from '../../../src/engine/options.ts';
import { Partition } from '../../../src/engine/partition.ts';
import type { Outgoing } from '../../../src/engine/publish.ts';
import { FindingsMemory, OutgoingFinding } from '../../../src/engine/publish.ts';
import { Transact } from '../../../src/engine/transact.ts';
import type { EngineError } from '../../../src/model/errors.ts';
import type { ProbeEvent } from '../../../src/ports/probe.ts';
import type { PublishResult } from '../../../src/ports/sink.ts';
import {
  bytes,
  delivery,
  HandClock,
  HandTransactions,
  laneOf,
  POLICY,
  settle,
  TASK,
  text,
} from './support.ts';

/** The stage with what it hands on, and partitions whose deliveries are finished by hand. */
export class TransactBench {
  readonly clock: HandClock = new HandClock();
  readonly transactions: HandTransactions = new HandTransactions();
  readonly told: ProbeEvent[] = [];
  readonly finished: string[] = [];
  readonly dropped: string[] = [];
  readonly failures: unknown[] = [];
  readonly fenced: Partition[] = [];
  /** Findings whose bytes were given back. */
  readonly given: string[] = [];
  readonly transact: Transact;
  readonly #owner = new TaskLanes(0, TASK, 1);
  #epoch = 0;

  constructor(policy: Partial<PublishPolicy> = {}) {
    const { transactions, clock } = this;
    const ports = { transactions, clock, probe: (event: ProbeEvent): unknown => this.told.push(event) };
    this.transact = new Transact(
      ports,
      { ...POLICY, ...policy },
      {
        finished: (work) => {
          this.finished.push(nameOf(work));
          if (work.partition.phase !== 'fenced') work.partition.watermark.finish(work.ticket);
        },
        dropped: (work) => this.dropped.push(nameOf(work)),
        substitute: (publication, error) => this.#substitute(publication, error),
        fenced: (partition) => this.fenced.push(partition),
        released: () => undefined,
        failed: (error) => this.failures.push(error),
      },
    );
  }

  assign(partition: number, committed: { offset: number; metadata: string } | null = null): Partition {
    this.#epoch += 1;
    const place = { group: 'group', topic: 'app-crash', partition, committed };
    return new Partition({ ...place, epoch: this.#epoch }, this.#owner);
  }

  begin(partition: Partition, offset: number): Work {
    const origin = { lane: laneOf(this.#owner, 0), partition, pull: { consumedMs: 0 } };
    const work = new Work({ ...delivery(offset, 'k'), partition: partition.partition }, -1, origin);
    partition.inHand += 1;
    return work;
  }

  /** A delivery is done, with so many findings. */
  deliver(work: Work, findings: number): void {
    const outgoing = Array.from({ length: findings }, (_, i) => {
      const name = `${nameOf(work)}.${i}`;
      const memory = new FindingsMemory(() => this.given.push(name));
      return new OutgoingFinding(
        work,
        'findings',
        { id: bytes(name), value: bytes(name), category: 'C' },
        memory,
      );
    });
    this.transact.deliver(work, outgoing);
    this.transact.send();
  }

  get sent(): string[][] {
    return this.transactions.requests.map(({ transaction }) =>
      transaction.publications.map(({ value }) => text(value)),
    );
  }

  async answer(...results: PublishResult[]): Promise<void> {
    this.transactions.requests.at(-1)?.answer(results);
    await settle();
  }

  #substitute(publication: Outgoing, error: EngineError): Outgoing {
    publication.memory?.drop();
    const value = bytes(`${text(publication.value)} ${error.code}`);
    return new OutgoingFinding(publication.work, 'dead-letters', { id: value, value, category: 'C' }, null);
  }
}

/** `partition/offset`. */
export function nameOf({ partition, delivery: { offset } }: Work): string {
  return `${partition.partition}/${offset}`;
}
