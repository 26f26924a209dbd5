/**
 * The simulated pool: slots with virtual service times, whose deliveries fail, hang and kill threads.
 *
 * A real worker's half is modelled too: after a failure for now it holds back later deliveries of
 * that key in the batch; when its thread is lost, the delivery in hand is suspected, and all else of
 * the batch and of the batch behind it comes back unprocessed.
 */
import type { Batch, BatchItem, DeliveryResult, Outcome } from '../../src/model/batch.ts';
import { NO_TALLY, UNPROCESSED } from '../../src/model/batch.ts';
import type { Fault } from '../../src/model/errors.ts';
import { EngineError, errorSpec } from '../../src/model/errors.ts';
import type { Task } from '../../src/model/task.ts';
import type { Pool } from '../../src/ports/pool.ts';
import type { Behaviour } from './behaviour.ts';
import type { PortContext } from './context.ts';
import { encodeFinding } from './finding.ts';
import { recordOf } from './plan.ts';
import type { SimRandom } from './random.ts';

/** How long a thread takes to come up again after it was lost, milliseconds. */
const RESTART_MS = 130;

interface Run {
  readonly batch: Batch;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: EngineError) => void;
}

/** What a batch comes to, and when. */
interface Processed {
  readonly results: readonly DeliveryResult[];
  readonly elapsedMs: number;
  readonly lost: 'hang' | 'death' | null;
}

/** What has been dealt to a record once and is not dealt again. */
export class PoolMemory {
  /** Innocent deliveries that have been blamed for a lost thread: at most once each in a run. */
  readonly blamed: Set<string> = new Set();
}

/** One process's pool. */
export class SimPool implements Pool {
  readonly #context: PortContext;
  readonly #memory: PoolMemory;
  readonly #queues: Run[][];
  /** Requeues asked for, by task and record. */
  readonly #requeues = new Map<string, number>();
  readonly #rubbish: SimRandom;
  readonly #resizes: SimRandom;
  #closed = false;

  constructor(context: PortContext, memory: PoolMemory) {
    this.#context = context;
    this.#memory = memory;
    this.#rubbish = context.random.child('rubbish');
    this.#resizes = context.random.child('resizes');
    this.#queues = Array.from({ length: context.plan.slots }, () => []);
  }

  get slots(): number {
    return this.#queues.length;
  }

  run(slot: number, batch: Batch): Promise<Outcome> {
    this.#context.report({ type: 'dispatched', slot, batch });
    return new Promise((resolve, reject) => {
      const queue = this.#queues[slot];
      if (queue === undefined || this.#closed) {
        reject(new EngineError('E_POOL_FAILED', `no slot ${slot}`));
        return;
      }
      queue.push({ batch, resolve, reject });
      if (queue.length === 1) this.#start(slot, queue);
    });
  }

  /** Slots that go are gone at once, new ones are there when their threads are up, or none of them is. */
  async resize(slots: number): Promise<void> {
    const { clock, faults, report } = this.#context;
    if (this.#closed) throw new EngineError('E_POOL_FAILED', 'closed');
    const grows = slots > this.#queues.length;
    const fails = this.#resizes.chance(faults().resizeFails) && grows;
    report({ type: 'resizing', slots });
    this.#queues.length = Math.min(slots, this.#queues.length);
    await clock.wait(this.#resizes.int(0, RESTART_MS));
    if (fails) {
      report({ type: 'resize-failed', slots });
      throw new EngineError('E_POOL_FAILED', 'simulated: no new thread');
    }
    while (this.#queues.length < slots) this.#queues.push([]);
    report({ type: 'resized', slots });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const [slot, queue] of this.#queues.entries()) {
      for (const run of queue.splice(0)) this.#return(slot, run, unprocessed(run.batch));
    }
  }

  #start(slot: number, queue: Run[]): void {
    const run = queue[0];
    if (run === undefined) return;
    const { clock, random, faults, dealtFatal } = this.#context;
    if (random.chance(faults().poolFatal)) {
      dealtFatal('E_POOL_FAILED');
      clock.schedule(0, () => run.reject(new EngineError('E_POOL_FAILED', 'simulated')));
      return;
    }
    const processed = this.#process(run.batch);
    clock.schedule(processed.elapsedMs, () => this.#finish(slot, queue, processed));
  }

  #finish(slot: number, queue: Run[], { results, elapsedMs, lost }: Processed): void {
    const run = queue.shift();
    if (run === undefined) return;
    if (lost === null) {
      this.#return(slot, run, { results, elapsedMs });
      this.#start(slot, queue);
      return;
    }
    this.#context.report({ type: 'thread-lost', slot, why: lost });
    this.#return(slot, run, { results, elapsedMs: 0 });
    for (const behind of queue.splice(0)) this.#return(slot, behind, unprocessed(behind.batch));
  }

  #return(slot: number, run: Run, { results, elapsedMs }: Pick<Outcome, 'results' | 'elapsedMs'>): void {
    const rubbish = this.#rubbish.chance(this.#context.faults().poolRubbish) && !this.#closed;
    if (rubbish) {
      this.#context.dealtFatal('E_ASSERT');
      this.#context.report({ type: 'fault', what: 'pool-rubbish' });
    }
    this.#context.report({ type: 'returned', slot, batch: run.batch, results });
    const answered = rubbish ? this.#spoil(results) : results;
    run.resolve({ results: answered, elapsedMs, cpuMs: 0, tally: NO_TALLY, logs: [] });
  }

  /** What no pool may answer: too few results, too many, or one that is none. */
  #spoil(results: readonly DeliveryResult[]): readonly DeliveryResult[] {
    switch (this.#rubbish.int(1, 3)) {
      case 1:
        return results.slice(1);
      case 2:
        return [...results, ...results];
      default:
        return results.map((result, index) =>
          index === results.length - 1 ? ({ status: 'lost' } as unknown as DeliveryResult) : result,
        );
    }
  }

  /** What the worker does, item by item, until the end or until its thread is lost. */
  #process(batch: Batch): Processed {
    const results: DeliveryResult[] = [];
    const held = new Set<string>();
    let elapsedMs = 0;
    for (const [index, item] of batch.items.entries()) {
      const key = heldName(item);
      if (key !== null && held.has(key)) {
        results.push(UNPROCESSED);
        continue;
      }
      const { task, behaviour, record } = this.#look(item);
      elapsedMs += behaviour.serviceMs;
      const lost = this.#losesThread(task, behaviour, record);
      if (lost !== null) return this.#lose(batch, index, { lost, elapsedMs });
      const result = this.#analyse(item, { task, behaviour, record });
      if (key !== null && waits(result)) held.add(key);
      results.push(result);
    }
    return { results, elapsedMs, lost: null };
  }

  #look(item: BatchItem): { task: Task; behaviour: Behaviour; record: string } {
    const task = this.#context.plan.tasks[item.task];
    if (task === undefined) throw new EngineError('E_ASSERT', `no task ${item.task}`);
    const record = recordOf(item.delivery);
    return { task, record, behaviour: this.#context.behaviours.of(task, record) };
  }

  #losesThread(task: Task, behaviour: Behaviour, record: string): 'hang' | 'death' | null {
    const { random, faults } = this.#context;
    const why = behaviour.hangs ? 'hang' : 'death';
    if (behaviour.kind === 'poison') return why;
    const name = `${task.name} ${record}`;
    if (!random.chance(faults().threadDies) || this.#memory.blamed.has(name)) return null;
    this.#memory.blamed.add(name);
    return why;
  }

  #lose(
    batch: Batch,
    guilty: number,
    { lost, elapsedMs }: { lost: 'hang' | 'death'; elapsedMs: number },
  ): Processed {
    const fault = faultOf(lost === 'hang' ? 'E_EVENT_TIMEOUT' : 'E_EVENT_WORKER_DIED');
    const waitedMs = lost === 'hang' ? this.#context.plan.eventTimeoutMs : 0;
    const results = batch.items.map((_, index) =>
      index === guilty ? ({ status: 'suspect', fault } as const) : UNPROCESSED,
    );
    return { results, elapsedMs: elapsedMs + waitedMs + RESTART_MS, lost };
  }

  #analyse(
    { attempt }: BatchItem,
    { task, behaviour, record }: { task: Task; behaviour: Behaviour; record: string },
  ): DeliveryResult {
    const done = {
      status: 'done',
      findings: Array.from({ length: behaviour.findings }, (_, n) => encodeFinding(task, record, n)),
    } as const;
    switch (behaviour.kind) {
      case 'flaky':
        return attempt <= behaviour.failures ? { status: 'failed', fault: faultOf('E_EVENT_ANALYZE') } : done;
      case 'hopeless':
        return this.#hopeless(task) ?? done;
      case 'malformed':
        return { status: 'failed', fault: faultOf('E_EVENT_UNMARSHAL') };
      case 'requeue':
        return this.#requeue(`${task.name} ${record}`, behaviour) ?? done;
      case 'finding':
      case 'findings':
      case 'nothing':
      case 'poison':
        return done;
    }
  }

  /** Fails each time; where that stops the engine, only while there is chaos. */
  #hopeless({ retry }: Task): DeliveryResult | null {
    if (retry.onExhausted === 'stop') {
      if (this.#context.healed()) return null;
      this.#context.dealtFatal('E_RETRY_EXHAUSTED');
    }
    return { status: 'failed', fault: faultOf('E_EVENT_ANALYZE') };
  }

  #requeue(name: string, { failures }: Behaviour): DeliveryResult | null {
    const asked = this.#requeues.get(name) ?? 0;
    if (asked >= failures) return null;
    this.#requeues.set(name, asked + 1);
    return { status: 'requeue', delayMs: this.#context.random.int(0, 100) };
  }
}

/** Whether later deliveries of the key must wait for this one. */
function waits(result: DeliveryResult): boolean {
  return result.status === 'requeue' || (result.status === 'failed' && result.fault.retriable);
}

/** With what a delivery is kept in order. */
function heldName({ task, order }: BatchItem): string | null {
  return order < 0 ? null : `${task} ${order}`;
}

function faultOf(code: Fault['code']): Fault {
  return { code, message: 'simulated', retriable: errorSpec(code).retriable };
}

function unprocessed(batch: Batch): Pick<Outcome, 'results' | 'elapsedMs'> {
  return { results: batch.items.map(() => UNPROCESSED), elapsedMs: 0 };
}
