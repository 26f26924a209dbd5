/**
 * The simulated sink: in order or not at all, as its contract says, and within that late, failing,
 * refusing, or writing without saying so.
 *
 * A request takes effect when it arrives; requests arrive in the order of their calls. Answers come
 * later and may overtake each other. What was written stays when the process is killed.
 */
import type { Publication } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { PublishResult, Sink } from '../../src/ports/sink.ts';
import type { PortContext } from './context.ts';
import { refusalOf } from './refusal.ts';
import type { SimRandom } from './random.ts';

interface Request {
  readonly id: number;
  readonly publications: readonly Publication[];
  results: readonly PublishResult[] | null;
  readonly resolve: (results: readonly PublishResult[]) => void;
}

/** Where in a request it goes wrong. */
interface Failure {
  /** From here on it is answered as failed. */
  readonly failAt: number;
  /** Up to here it was written all the same. */
  readonly writtenTo: number;
}

/** One process's producer. */
export class SimSink implements Sink {
  readonly #context: PortContext;
  readonly #inFlight = new Set<Request>();
  #nextRequest = 1;
  /** When the last request arrives: none overtakes another. */
  #arrivalMs = 0;
  /** A request failed for now; what follows fails too until none is in flight. */
  #broken = false;
  #closed = false;
  readonly #whenEmpty: (() => void)[] = [];
  readonly #silence: SimRandom;
  readonly #stands: SimRandom;
  /** It takes nothing until then. */
  #standsUntilMs = 0;

  constructor(context: PortContext) {
    this.#context = context;
    this.#silence = context.random.child('silence');
    this.#stands = context.random.child('stands');
    this.#planStand();
  }

  publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    if (this.#closed) return Promise.reject(new EngineError('E_SINK_CLOSED'));
    const { outside, random, plan, faults, report } = this.#context;
    return new Promise((resolve) => {
      const request = { id: this.#nextRequest++, publications, results: null, resolve };
      this.#inFlight.add(request);
      report({ type: 'publish-asked', request: request.id, publications });
      const nowMs = outside.monotonic();
      const stallMs = random.chance(faults().sinkStalls) ? random.int(500, 2000) : 0;
      const latencyMs = random.int(0, plan.latencies.sinkMsMax) + stallMs;
      this.#arrivalMs = Math.max(this.#arrivalMs, nowMs + latencyMs, this.#standsUntilMs);
      outside.schedule(this.#arrivalMs - nowMs, () => this.#arrive(request));
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#inFlight.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
  }

  /** The process is killed: of what is on its way, some still arrives; none is answered. */
  cutOff(): void {
    const { random } = this.#context;
    for (const request of this.#inFlight) {
      if (request.results !== null) continue;
      if (this.#broken || !random.chance(0.5)) return;
      const writtenTo = random.int(0, request.publications.length);
      this.#apply(request, { failAt: request.publications.length, writtenTo });
      if (writtenTo < request.publications.length) return;
    }
  }

  #arrive(request: Request): void {
    const { clock, random, plan, faults, report } = this.#context;
    const failure = this.#broken
      ? { failAt: 0, writtenTo: 0 }
      : this.#drawFailure(request.publications.length);
    request.results = this.#apply(request, failure);
    if (failure.failAt < request.publications.length) this.#broken = true;
    const isSilent = this.#silence.chance(faults().sinkSilent);
    if (isSilent) report({ type: 'fault', what: 'sink-silent' });
    const silenceMs = isSilent ? plan.chaosMs - clock.monotonic() : 0;
    const latencyMs = random.int(0, plan.latencies.sinkMsMax);
    clock.schedule(Math.max(0, silenceMs) + latencyMs, () => this.#answer(request));
  }

  /** Now and then it takes nothing for long, at most until chaos ends. */
  #planStand(): void {
    const { outside, plan, faults, report } = this.#context;
    const everyMs = faults().sinkStandsEveryMs;
    if (everyMs === 0) return;
    outside.schedule(this.#stands.waitMs(everyMs), () => {
      if (faults().sinkStandsEveryMs === 0) return;
      report({ type: 'fault', what: 'sink-stands' });
      this.#standsUntilMs = Math.min(plan.chaosMs, outside.monotonic() + this.#stands.int(500, 60_000));
      this.#planStand();
    });
  }

  #drawFailure(length: number): Failure {
    const { random, faults } = this.#context;
    if (random.chance(faults().sinkFails)) {
      const failAt = random.int(0, length - 1);
      return { failAt, writtenTo: failAt };
    }
    if (random.chance(faults().sinkTimesOut)) {
      const failAt = random.int(0, length - 1);
      return { failAt, writtenTo: random.int(failAt, length) };
    }
    return { failAt: length, writtenTo: length };
  }

  #apply({ publications }: Request, { failAt, writtenTo }: Failure): PublishResult[] {
    return publications.map((publication, index) => {
      const refusal = index < writtenTo ? refusalOf(this.#context, publication) : null;
      if (index < writtenTo && refusal === null) this.#context.report({ type: 'written', publication });
      return index < failAt ? refusal : new EngineError('E_LOG_IO', 'simulated');
    });
  }

  #answer(request: Request): void {
    const { id, publications, results } = request;
    this.#inFlight.delete(request);
    if (this.#inFlight.size === 0) {
      this.#broken = false;
      for (const resolve of this.#whenEmpty.splice(0)) resolve();
    }
    this.#context.report({ type: 'answered', request: id, publications, results: results ?? [] });
    request.resolve(results ?? []);
  }
}
