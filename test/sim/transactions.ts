/**
 * The simulated transactions: findings and positions in one step, or nothing, late and failing.
 *
 * The effect happens at one moment. A process that is killed before it has nothing, one that is
 * killed after it has all, and never heard of it.
 */
import { EngineError } from '../../src/model/errors.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import type { Transaction, Transactions } from '../../src/ports/transactions.ts';
import type { PortContext } from './context.ts';
import { refusalOf } from './refusal.ts';
import type { SimRandom } from './random.ts';
import type { SimSource } from './source.ts';

/** One process's transactions, over the sources of its groups. */
export class SimTransactions implements Transactions {
  /** As on the log, or as on Kafka. */
  readonly positionsMax: number;
  readonly #context: PortContext;
  readonly #sources: ReadonlyMap<string, SimSource>;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #losses: SimRandom;
  #closed = false;

  constructor(context: PortContext, sources: ReadonlyMap<string, SimSource>) {
    this.#context = context;
    this.#sources = sources;
    this.#losses = context.random.child('losses');
    this.positionsMax = context.random.child('positions').chance(0.5) ? 1 : Infinity;
  }

  async transact(transaction: Transaction): Promise<readonly PublishResult[]> {
    if (this.#closed) throw new EngineError('E_SINK_CLOSED');
    const running = this.#run(transaction);
    this.#inFlight.add(running);
    try {
      return await running;
    } finally {
      this.#inFlight.delete(running);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#inFlight);
  }

  async #run(transaction: Transaction): Promise<readonly PublishResult[]> {
    const { clock, outside, plan, random, report, faults } = this.#context;
    const { sinkMsMax, commitMsMax } = plan.latencies;
    const source = this.#sources.get(transaction.group);
    if (source?.isOpen !== true) throw new EngineError('E_GROUP_LOST', transaction.group);
    report({ type: 'transact-asked', transaction });
    const owned = source.ownership(transaction.positions);
    const stallMs = random.chance(faults().sinkStalls) ? random.int(500, 2000) : 0;
    await outside.wait(random.int(0, sinkMsMax + commitMsMax) + stallMs);
    const answer = this.#conclude(transaction, () => owned() && this.#apply(source, transaction));
    await clock.running();
    await clock.wait(random.int(0, sinkMsMax));
    if (answer instanceof EngineError) throw answer;
    if (answer.every((result) => result === null)) report({ type: 'transact-answered', transaction });
    return answer;
  }

  /** What becomes of it. */
  #conclude(transaction: Transaction, apply: () => boolean): readonly PublishResult[] | EngineError {
    const { faults, random, dealtFatal, report } = this.#context;
    const fail = (why: string, error: EngineError): EngineError => {
      report({ type: 'transact-failed', transaction, why, isFinal: !error.retriable });
      return error;
    };
    if (this.#losses.chance(faults().groupLost)) {
      dealtFatal('E_GROUP_LOST');
      report({ type: 'fault', what: 'group-lost' });
      return fail('group lost', new EngineError('E_GROUP_LOST', 'simulated'));
    }
    if (random.chance(faults().sinkFails)) return fail('fault', new EngineError('E_LOG_IO', 'simulated'));
    const refusals = transaction.publications.map((each) => refusalOf(this.#context, each));
    if (refusals.some((refusal) => refusal !== null)) {
      const others = fail('refused', new EngineError('E_TRANSACTION_ABORTED', 'simulated'));
      return refusals.map((refusal) => refusal ?? others);
    }
    if (random.chance(faults().transactUnknown)) {
      dealtFatal('E_TRANSACTION_UNKNOWN');
      if (random.chance(0.5)) apply();
      return fail('unknown', new EngineError('E_TRANSACTION_UNKNOWN', 'simulated'));
    }
    return apply() ? refusals : fail('not owned', new EngineError('E_COMMIT_FAILED', 'simulated: not owned'));
  }

  #apply(source: SimSource, transaction: Transaction): true {
    const { report } = this.#context;
    for (const publication of transaction.publications) report({ type: 'written', publication });
    source.store(transaction.positions);
    report({ type: 'transacted', transaction });
    return true;
  }
}
