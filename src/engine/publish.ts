/**
 * publish: gathers publications and writes them in requests, several in flight.
 *
 * Promise: publications take effect in the order they were added. After a failure for now nothing
 * new is sent until everything in flight has settled; then what failed goes again, first and in its
 * old order (the Sink's "in order or not at all" makes this enough). Nothing is dropped: the queue
 * is bounded by the engine's credit.
 */
import { assert } from '../model/assert.ts';
import type { EncodedFinding } from '../model/batch.ts';
import type { Headers, Publication } from '../model/delivery.ts';
import type { EngineError } from '../model/errors.ts';
import type { Cancel, Clock } from '../ports/clock.ts';
import type { Probe } from '../ports/probe.ts';
import type { PublishResult, Sink } from '../ports/sink.ts';
import { Deque } from './deque.ts';
import { findingHeaders, passedOn } from './headers.ts';
import type { Work } from './lane.ts';
import type { PublishPolicy } from './options.ts';

/** The bytes of an outcome's findings, given back when the last of them is published. */
export class FindingsMemory {
  readonly #release: () => void;
  #holders = 1;

  /** Held once, by who makes it. */
  constructor(release: () => void) {
    this.#release = release;
  }

  hold(): void {
    this.#holders += 1;
  }

  drop(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#release();
  }
}

/** What a publication is made of. */
type OutgoingBytes = Pick<Outgoing, 'key' | 'value' | 'memory'>;

/** A publication of one delivery: one of its findings, or its dead letter. */
export abstract class Outgoing implements Publication {
  readonly work: Work;
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  /** Whose bytes `value` is a view of; `null` where they are the delivery's own. */
  readonly memory: FindingsMemory | null;
  /** Of value and key. */
  readonly bytes: number;
  abstract readonly isDeadLetter: boolean;
  /** Position in the order of adding; set when it is added. */
  sequence = 0;
  #headers: Headers | null = null;

  constructor(work: Work, topic: string, { key, value, memory }: OutgoingBytes) {
    this.work = work;
    this.topic = topic;
    this.key = key;
    this.value = value;
    this.memory = memory;
    this.bytes = value.length + (key === null ? 0 : key.length);
  }

  get timestampMs(): number {
    return this.work.delivery.timestampMs;
  }

  /** Made when the sink asks for them: what waits in the queue is kept small. */
  get headers(): Headers {
    return (this.#headers ??= this.makeHeaders());
  }

  protected abstract makeHeaders(): Headers;
}

/** A finding on its way. */
export class OutgoingFinding extends Outgoing {
  readonly isDeadLetter = false;
  readonly #id: Uint8Array;

  constructor(work: Work, topic: string, finding: EncodedFinding, memory: FindingsMemory | null) {
    super(work, topic, { key: work.delivery.key, value: finding.value, memory });
    this.#id = finding.id;
  }

  protected override makeHeaders(): Headers {
    return findingHeaders(passedOn(this.work.delivery.headers), this.#id);
  }
}

/** The way out of the engine: this stage, or `transact` where it is exactly once. */
export interface Output {
  /** Takes a delivery that is done, with what is to be published of it, possibly nothing; `send` after the last of a turn. */
  deliver(work: Work, outgoing: readonly Outgoing[]): void;
  /** Sends what is full or due. */
  send(): void;
  /** From now on nothing lingers. */
  hurry(): void;
  /** Nothing is sent any more; results of what is in flight are ignored. */
  stop(): void;
}

/** Where publish hands on. */
export interface PublishNext {
  /** Of a request, in order: durable, or nothing of it is missing any more. */
  acknowledged(publications: readonly Outgoing[]): void;
  /** There is nothing to publish of it. */
  finished(work: Work): void;
  /** Refused for good: what goes out in its place, if anything does. Throws when the engine must end. */
  substitute(publication: Outgoing, error: EngineError): Outgoing | null;
  failed(error: unknown): void;
}

/** The stage. */
export class Publish implements Output {
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #policy: PublishPolicy;
  readonly #next: PublishNext;
  readonly #queue = new Deque<Outgoing>();
  #queueBytes = 0;
  #sequence = 0;
  #inFlight = 0;
  /** Failed for now, waiting for the rest in flight. */
  #failed: Outgoing[] = [];
  #failures = 0;
  #backingOff = false;
  /** The linger of what is queued is over. */
  #due = false;
  #cancelLinger: Cancel | null = null;
  #hurried = false;
  #stopped = false;

  constructor(ports: { sink: Sink; clock: Clock; probe: Probe }, policy: PublishPolicy, next: PublishNext) {
    this.#sink = ports.sink;
    this.#clock = ports.clock;
    this.#probe = ports.probe;
    this.#policy =
      policy.mode === 'sync' ? { ...policy, publicationsMax: 1, inFlightMax: 1, lingerMs: 0 } : policy;
    this.#next = next;
  }

  deliver(work: Work, outgoing: readonly Outgoing[]): void {
    work.unacknowledged = outgoing.length;
    if (outgoing.length === 0) this.#next.finished(work);
    for (const publication of outgoing) this.#add(publication);
  }

  #add(publication: Outgoing): void {
    publication.sequence = ++this.#sequence;
    this.#queue.pushBack(publication);
    this.#queueBytes += publication.bytes;
  }

  /** What stays lingers. */
  send(): void {
    const { inFlightMax } = this.#policy;
    while (
      this.#maySend() &&
      this.#inFlight < inFlightMax &&
      (this.#isFull() || this.#due || this.#hurried)
    ) {
      const taken = this.#take();
      if (taken.length > 0) this.#request(taken);
    }
    if (this.#queue.length === 0) this.#endLinger();
    else if (this.#maySend() && !this.#due) this.#startLinger();
  }

  hurry(): void {
    this.#hurried = true;
    this.send();
  }

  stop(): void {
    this.#stopped = true;
    this.#endLinger();
  }

  #maySend(): boolean {
    return this.#queue.length > 0 && !this.#backingOff && this.#failed.length === 0 && !this.#stopped;
  }

  #isFull(): boolean {
    return this.#queue.length >= this.#policy.publicationsMax || this.#queueBytes >= this.#policy.bytesMax;
  }

  /** Of partitions that were let go nothing goes out any more. */
  #take(): Outgoing[] {
    const taken: Outgoing[] = [];
    const late: Outgoing[] = [];
    let bytes = 0;
    while (
      taken.length < this.#policy.publicationsMax &&
      bytes < this.#policy.bytesMax &&
      this.#queue.length > 0
    ) {
      const publication = this.#queue.popFront();
      this.#queueBytes -= publication.bytes;
      if (publication.work.partition.phase === 'fenced') late.push(publication);
      else {
        taken.push(publication);
        bytes += publication.bytes;
      }
    }
    if (late.length > 0) this.#next.acknowledged(late);
    return taken;
  }

  #request(publications: readonly Outgoing[]): void {
    const startedMs = this.#clock.monotonic();
    this.#inFlight += 1;
    this.#sink
      .publish(publications)
      .then((results) => {
        if (!this.#stopped) this.#settle(publications, results, startedMs);
      })
      .catch((error: unknown) => {
        if (!this.#stopped) this.#next.failed(error);
      });
  }

  #settle(publications: readonly Outgoing[], results: readonly PublishResult[], startedMs: number): void {
    this.#inFlight -= 1;
    const acknowledged: Outgoing[] = [];
    const refused: (readonly [Outgoing, EngineError])[] = [];
    for (let i = 0; i < publications.length; i++) {
      const publication = publications[i];
      const error = results[i];
      assert(publication !== undefined && error !== undefined, 'a sink answers for each publication');
      if (error === null) acknowledged.push(publication);
      else if (error.retriable) this.#failed.push(publication);
      else refused.push([publication, error]);
    }
    this.#tell(publications, results, acknowledged, startedMs);
    if (acknowledged.length > 0) this.#next.acknowledged(acknowledged);
    for (const [publication, error] of refused) this.#refuse(publication, error);
    if (this.#failed.length === 0) this.#failures = 0;
    else if (this.#inFlight === 0) this.#tryAgain();
    this.send();
  }

  #refuse(publication: Outgoing, error: EngineError): void {
    this.#probe({
      type: 'publish-failed',
      code: error.code,
      message: error.message,
      publications: 1,
      retriable: false,
    });
    const substitute = this.#next.substitute(publication, error);
    if (substitute !== null) this.#add(substitute);
    else this.#next.acknowledged([publication]);
  }

  /** Everything has settled: what failed goes back to the front, and waits. */
  #tryAgain(): void {
    const again = this.#failed.toSorted((a, b) => b.sequence - a.sequence);
    this.#failed = [];
    for (const publication of again) {
      this.#queue.pushFront(publication);
      this.#queueBytes += publication.bytes;
    }
    const { backoffMs, backoffMaxMs } = this.#policy;
    this.#backingOff = true;
    this.#clock.schedule(Math.min(backoffMaxMs, backoffMs * 2 ** this.#failures++), () => {
      this.#backingOff = false;
      this.#due = true;
      this.send();
    });
  }

  #startLinger(): void {
    if (this.#cancelLinger !== null) return;
    this.#cancelLinger = this.#clock.schedule(this.#policy.lingerMs, () => {
      this.#cancelLinger = null;
      this.#due = true;
      this.send();
    });
  }

  #endLinger(): void {
    this.#due = false;
    this.#cancelLinger?.();
    this.#cancelLinger = null;
  }

  #tell(
    sent: readonly Outgoing[],
    results: readonly PublishResult[],
    acknowledged: readonly Outgoing[],
    startedMs: number,
  ): void {
    if (acknowledged.length > 0) {
      let bytes = 0;
      let deadLetters = 0;
      for (const publication of acknowledged) {
        bytes += publication.bytes;
        if (publication.isDeadLetter) deadLetters += 1;
      }
      const elapsedMs = this.#clock.monotonic() - startedMs;
      this.#probe({
        type: 'published',
        findings: acknowledged.length - deadLetters,
        deadLetters,
        bytes,
        elapsedMs,
      });
    }
    const failure = results.find((result) => result !== null && result.retriable);
    if (failure === undefined || failure === null) return;
    const { code, message } = failure;
    const publications = sent.length - acknowledged.length;
    this.#probe({ type: 'publish-failed', code, message, publications, retriable: true });
  }
}
