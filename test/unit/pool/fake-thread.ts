/** A slot on a thread that is in the hands of the test. */
import assert from 'node:assert/strict';
import type { Outcome } from '../../../src/model/batch.ts';
import { FreeBuffers } from '../../../src/pool/buffers.ts';
import type { Thread } from '../../../src/pool/slot.ts';
import { Slot } from '../../../src/pool/slot.ts';
import type { ThreadReply, ThreadRequest } from '../../../src/pool/worker/protocol.ts';
import { packOutcome } from '../../../src/wire/outcome.ts';
import { obedientTask } from '../../helpers/batches.ts';

/** Between two ticks of the watchdog. */
export const TICK_MS = 100;
/** Of the first task; the second has five times as much. */
export const TIMEOUT_MS = 1_000;
/** How long a thread may take to start and to end. */
export const START_MS = 30_000;

/** A thread in the hands of the test: it answers, dies and moves its word when it is told to. */
export class FakeThread implements Thread {
  readonly progress: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  readonly #requests: { request: ThreadRequest; reply: PromiseWithResolvers<ThreadReply> }[] = [];
  /** How often it was told to. */
  ended = 0;
  closed = 0;
  #tellEnd: () => void = () => undefined;

  /** As the slot makes it. */
  create(tellEnd: () => void): this {
    this.#tellEnd = tellEnd;
    return this;
  }

  /** Requests that wait for an answer. */
  get posted(): number {
    return this.#requests.length;
  }

  post(request: ThreadRequest): Promise<ThreadReply> {
    const reply = Promise.withResolvers<ThreadReply>();
    this.#requests.push({ request, reply });
    return reply.promise;
  }

  end(): void {
    this.ended += 1;
  }

  close(): Promise<void> {
    this.closed += 1;
    this.die('closed');
    return Promise.resolve();
  }

  answer(outcome: Outcome): void {
    const { request, reply } = this.#requests.shift() ?? assert.fail('nothing was posted');
    reply.resolve({
      type: 'outcome',
      outcome: packOutcome(outcome),
      batch: request?.batch ?? new ArrayBuffer(0),
    });
  }

  reply(value: ThreadReply): void {
    this.#requests.shift()?.reply.resolve(value);
  }

  die(message: string): void {
    this.#tellEnd();
    for (const { reply } of this.#requests.splice(0)) reply.reject(new Error(message));
  }
}

/** A slot with two tasks. */
export function slotOn(thread: FakeThread): Slot {
  const tasks = [
    obedientTask({ eventTimeoutMs: TIMEOUT_MS }),
    obedientTask({ eventTimeoutMs: 5 * TIMEOUT_MS }),
  ];
  return new Slot((ended) => thread.create(ended), {
    tasks,
    buffers: new FreeBuffers(2),
    outcomes: new FreeBuffers(2),
    progress: thread.progress,
    tickMs: TICK_MS,
    startMs: START_MS,
  });
}

/** The watchdog's ticks of so many milliseconds. */
export function tickFor(slot: Slot, ms: number): void {
  for (let passed = 0; passed < ms; passed += TICK_MS) slot.tick(TICK_MS);
}

/** All done, no findings. */
export function doneOutcome(count: number): Outcome {
  const results = Array.from({ length: count }, () => ({ status: 'done' as const, findings: [] }));
  return {
    results,
    elapsedMs: 5,
    cpuMs: 6,
    tally: { platforms: {}, problems: {}, groups: [], repeats: 0 },
    logs: [],
  };
}
