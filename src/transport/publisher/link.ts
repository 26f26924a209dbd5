/**
 * The main thread's end of the border: calls and their answers, and the life of the thread.
 *
 * However the thread ends, every call under way and every later one rejects with `E_PUBLISHER_DIED`; nothing waits
 * for a thread that is not there. It does not watch a thread that lives and says nothing: what writes has deadlines of its own.
 */
import { Worker } from 'node:worker_threads';
import { describe, EngineError } from '../../model/errors.ts';
import { packFault, unpackFault } from './faults.ts';
import type {
  PublisherAnswer,
  PublisherCall,
  PublisherReply,
  PublisherRequest,
  WriterHost,
} from './protocol.ts';

/** How the thread is started. */
export interface LinkOptions {
  /** The module that the thread runs: it calls `servePublisher`. */
  readonly entry: URL;
  /** Its `workerData`. */
  readonly data: unknown;
  /** For the thread to be ready. */
  readonly startMs: number;
  readonly host: WriterHost;
  /** The term that what is published now was taken in. */
  readonly term: () => number;
  /** Is told the CPU time of the thread so far, when it is ready and with each answer. */
  readonly tellCpu: (cpuMs: number) => void;
}

/** A call without its number. */
export type CallOf<Call> = Call extends PublisherCall ? Omit<Call, 'call'> : never;

/** An answer that is no rejection. */
export type Done = Extract<PublisherAnswer, { readonly type: 'done' }>;

/** A running thread, and what is asked of it. */
export class Link {
  readonly #options: LinkOptions;
  readonly #worker: Worker;
  readonly #calls = new Map<number, PromiseWithResolvers<Done>>();
  readonly #ready = Promise.withResolvers<number | null>();
  #lastCall = 0;
  #death: EngineError | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#worker = new Worker(options.entry, { workerData: options.data });
    this.#worker.on('message', (reply: PublisherReply) => this.#take(reply));
    this.#worker.on('messageerror', (error) => this.#died(describe(error), error));
    this.#worker.on('error', (error) => this.#died(describe(error), error));
    this.#worker.on('exit', (code) => this.#died(`it ended with exit code ${code}`));
    this.#ready.promise.catch(() => undefined); // who opens it waits for it
  }

  /** Resolves with the transactions' `positionsMax` when the thread is ready. Rejects with `E_PUBLISHER_DIED`. */
  async ready(): Promise<number | null> {
    const { startMs } = this.#options;
    const timer = setTimeout(() => this.#died(`it did not start within ${startMs} ms`), startMs);
    try {
      return await this.#ready.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Makes a call; `moved` is not ours any more. Rejects with the error that the thread says, or `E_PUBLISHER_DIED`. */
  call(request: CallOf<PublisherCall>, moved: readonly ArrayBuffer[] = []): Promise<Done> {
    if (this.#death !== null) return Promise.reject(this.#death);
    const call = ++this.#lastCall;
    const waiting = Promise.withResolvers<Done>();
    this.#calls.set(call, waiting);
    this.#worker.postMessage({ ...request, call } satisfies PublisherRequest, moved);
    return waiting.promise;
  }

  /** Tells the thread something that has no answer. */
  say(request: Exclude<PublisherRequest, PublisherCall>): void {
    if (this.#death === null) this.#worker.postMessage(request);
  }

  /** Whether the thread has ended, or is being ended. */
  get isDead(): boolean {
    return this.#death !== null;
  }

  /** Ends the thread, whatever it does. Again: does nothing. */
  async end(): Promise<void> {
    this.#death ??= new EngineError('E_PUBLISHER_DIED', 'the publisher thread was ended');
    this.#rejectAll(this.#death);
    await this.#worker.terminate();
  }

  #take(reply: PublisherReply): void {
    const { host, tellCpu } = this.#options;
    switch (reply.type) {
      case 'ready':
        this.#ready.resolve(reply.positionsMax);
        tellCpu(reply.cpuMs);
        return;
      case 'answer':
        this.#settle(reply.call, reply.answer);
        tellCpu(reply.cpuMs);
        return;
      case 'log':
        host.log(reply.line);
        return;
      case 'told':
        host.tell(reply.part, unpackFault(reply.fault));
        return;
      case 'token':
        void this.#giveToken(reply.ask);
        return;
    }
  }

  #settle(call: number, answer: PublisherAnswer): void {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    if (answer.type === 'done') waiting?.resolve(answer);
    else waiting?.reject(unpackFault(answer.fault));
  }

  async #giveToken(ask: number): Promise<void> {
    const token = await this.#options.host.token().catch(packFault);
    this.say({ type: 'token', ask, token });
  }

  /** The first reason counts: an exit follows each error. */
  #died(why: string, cause?: unknown): void {
    if (this.#death !== null) return;
    this.#death = new EngineError('E_PUBLISHER_DIED', `the publisher thread has ended: ${why}`, { cause });
    this.#rejectAll(this.#death);
    this.#options.host.tell('sink', this.#death);
    void this.#worker.terminate(); // it may live: it was too slow, or said what cannot be understood
  }

  #rejectAll(error: EngineError): void {
    this.#ready.reject(error);
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
