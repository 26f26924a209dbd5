/**
 * The thread's half: takes requests in their order, has them written and answers each.
 *
 * In order or not at all holds across the border too: a request that was on its way here while the failure of an
 * earlier one was on its way back is not written, for the writers have forgotten that failure by then.
 */
import type { MessagePort } from 'node:worker_threads';
import { assert } from '../../model/assert.ts';
import type { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { WireFault } from './faults.ts';
import { cloneable, packFault, packResults, unpackFault } from './faults.ts';
import { unpackPublications } from './packing.ts';
import type {
  FencingTransactions,
  PublisherAnswer,
  PublisherCall,
  PublisherReply,
  PublisherRequest,
  WriterHost,
  Writers,
} from './protocol.ts';

/** Serves what `make` makes to the other end of `port`, until the thread is ended. What it throws ends the thread. */
export function servePublisher(port: MessagePort, make: (host: WriterHost) => Writers): void {
  const thread = new PublisherThread(port, make);
  port.on('message', (request: PublisherRequest) => thread.take(request));
  thread.ready();
}

class PublisherThread {
  readonly #port: MessagePort;
  readonly #writers: Writers;
  /** Those who wait for a token. */
  readonly #asked = new Map<number, PromiseWithResolvers<string>>();
  #asks = 0;
  /** Of calls that are not answered yet. Never reject. */
  readonly #answers = new Set<Promise<void>>();
  /** Calls of `publish` that failed for now. */
  #failures = 0;
  #failure: EngineError | null = null;

  constructor(port: MessagePort, make: (host: WriterHost) => Writers) {
    this.#port = port;
    this.#writers = make({
      log: (line) => this.#reply({ type: 'log', line: { ...line, fields: cloneable(line.fields) } }),
      tell: (part, error) => this.#reply({ type: 'told', part, fault: packFault(error) }),
      token: () => this.#token(),
    });
  }

  ready(): void {
    const positionsMax = this.#writers.transactions?.positionsMax ?? null;
    this.#reply({ type: 'ready', positionsMax, cpuMs: cpuMs() });
  }

  take(request: PublisherRequest): void {
    if (request.type === 'forget') this.#transactions.forget(request.group, request.places);
    else if (request.type === 'token') this.#tokenCame(request.ask, request.token);
    else this.#call(request);
  }

  #call(request: PublisherCall): void {
    const answered = this.#answer(request).finally(() => this.#answers.delete(answered));
    this.#answers.add(answered);
  }

  /** The call is made in this turn: calls are made in the order of their requests. */
  async #answer(request: PublisherCall): Promise<void> {
    let answer: PublisherAnswer;
    try {
      answer = await this.#do(request);
    } catch (error) {
      answer = { type: 'rejected', fault: packFault(error) };
    }
    const moved = answer.type === 'done' && answer.buffer !== null ? [answer.buffer] : [];
    this.#reply({ type: 'answer', call: request.call, answer, cpuMs: cpuMs() }, moved);
  }

  async #do(request: PublisherCall): Promise<PublisherAnswer> {
    switch (request.type) {
      case 'publish':
        return written(await this.#publish(request), request.packed.buffer);
      case 'transact': {
        const { group, positions, packed } = request;
        const publications = unpackPublications(packed);
        return written(await this.#transactions.transact({ group, positions, publications }), packed.buffer);
      }
      case 'begin':
        await this.#transactions.begin(request.group, request.places);
        return DONE;
      case 'close': {
        const earlier = [...this.#answers];
        await (request.part === 'sink' ? this.#writers.sink : this.#transactions).close();
        await Promise.all(earlier);
        return DONE;
      }
    }
  }

  async #publish({
    failuresSeen,
    term,
    packed,
  }: Extract<PublisherCall, { type: 'publish' }>): Promise<readonly PublishResult[]> {
    const publications = unpackPublications(packed);
    const failure = failuresSeen === this.#failures ? null : this.#failure;
    const results =
      failure === null
        ? await this.#writers.sink.publish(publications, term)
        : publications.map(() => failure);
    const retriable = results.find((result) => result?.retriable === true);
    if (retriable !== undefined) {
      this.#failures += 1;
      this.#failure = retriable ?? null;
    }
    return results;
  }

  get #transactions(): FencingTransactions {
    const { transactions } = this.#writers;
    assert(transactions !== null, 'transactions are asked for where there are any');
    return transactions;
  }

  #token(): Promise<string> {
    const ask = ++this.#asks;
    const waiting = Promise.withResolvers<string>();
    this.#asked.set(ask, waiting);
    this.#reply({ type: 'token', ask });
    return waiting.promise;
  }

  #tokenCame(ask: number, token: string | WireFault): void {
    const waiting = this.#asked.get(ask);
    this.#asked.delete(ask);
    if (typeof token === 'string') waiting?.resolve(token);
    else waiting?.reject(unpackFault(token));
  }

  #reply(reply: PublisherReply, moved: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(reply, moved);
  }
}

/** Of this thread so far. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

const DONE: PublisherAnswer = { type: 'done', failures: [], buffer: null };

/** Who keeps bytes may do so until they are acknowledged: after a failure the buffer is not used again. */
function written(results: readonly PublishResult[], buffer: ArrayBuffer): PublisherAnswer {
  const failures = packResults(results);
  return { type: 'done', failures, buffer: failures.length === 0 ? buffer : null };
}
