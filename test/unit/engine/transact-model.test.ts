import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Work } from '../../../src/engine/lane.ts';
import type { Partition } from '../../../src/engine/partition.ts';
import { EngineError } from '../../../src/model/errors.ts';
import type { HandTransactions } from './support.ts';
import { POLICY, settle, text } from './support.ts';
import { nameOf, TransactBench } from './transact-bench.ts';

const BUSY = new EngineError('E_LOG_IO');
const NEVER = new EngineError('E_SINK_REJECTED');
const ABORTED = new EngineError('E_TRANSACTION_ABORTED');

/** One partition as it should be: what is written up to where, and what was begun in this epoch. */
interface Plain {
  partition: Partition;
  written: number;
  readonly open: { work: Work; findings: number; done: boolean }[];
  readonly output: string[];
}

/** The stage against plain lists. */
class TransactModel {
  readonly bench = new TransactBench({ publicationsMax: 5 });
  readonly plain: Plain[];
  readonly #refused = new Set<string>();
  /** Requests that hold positions of a partition that was let go since. */
  readonly #fenced = new Set<unknown>();
  begun = 0;

  constructor(partitions: number) {
    this.plain = Array.from({ length: partitions }, (_, i) => ({
      partition: this.bench.assign(i),
      written: 0,
      open: [],
      output: [],
    }));
  }

  begin(which: number, findings: number): void {
    const plain = this.#at(which);
    const offset = Math.max(plain.written, plain.partition.watermark.lastOffset + 1);
    plain.open.push({ work: this.bench.begin(plain.partition, offset), findings, done: false });
    this.begun += 1;
  }

  complete(which: number, index: number): void {
    const waiting = this.#at(which).open.filter(({ done }) => !done);
    const one = waiting[index % Math.max(1, waiting.length)];
    if (one === undefined) return;
    one.done = true;
    this.bench.deliver(one.work, one.findings);
  }

  /** Answers what is under way. What belongs to a partition that was let go can only fail. */
  async answer(how: 'written' | 'busy' | 'reject' | 'refuse', index: number): Promise<void> {
    const request = this.bench.transactions.requests.shift();
    if (request === undefined) return;
    const { publications } = request.transaction;
    const refused = publications[index % Math.max(1, publications.length)];
    const fails = this.#fenced.delete(request) || how === 'busy' || how === 'reject';
    // Without publications only a rejection can tell of a failure.
    if (fails && (how === 'reject' || publications.length === 0)) request.reject(BUSY);
    else if (fails) request.answer(publications.map(() => BUSY));
    else if (how === 'refuse' && refused?.topic === 'findings') {
      this.#refused.add(text(refused.value));
      request.answer(publications.map((one) => (one === refused ? NEVER : ABORTED)));
    } else {
      this.#check(request.transaction);
      request.answer(publications.map(() => null));
    }
    await settle();
  }

  revoke(which: number): void {
    const plain = this.#at(which);
    plain.partition.phase = 'fenced';
    for (const request of this.bench.transactions.requests)
      if (request.transaction.positions.some(({ partition }) => partition === plain.partition.partition))
        this.#fenced.add(request);
    this.bench.transact.forget(plain.partition);
    // What no one gives back otherwise: the engine drops what is not done when it meets it.
    for (const { work, done } of plain.open) if (!done) this.bench.dropped.push(nameOf(work));
    plain.open.length = 0;
    for (const name of this.#refused)
      if (name.startsWith(`${plain.partition.partition}/`)) this.#refused.delete(name);
    plain.partition = this.bench.assign(which % this.plain.length);
  }

  /** Everything is finished and written. */
  async finish(): Promise<void> {
    this.plain.forEach((plain, which) => {
      for (const one of plain.open) if (!one.done) this.complete(which, 0);
    });
    for (let i = 0; i < 200 && this.#isBusy; i++) {
      await this.bench.clock.advance(POLICY.backoffMaxMs);
      await this.answer('written', 0);
    }
  }

  get #isBusy(): boolean {
    return this.bench.transactions.requests.length > 0 || this.plain.some(({ open }) => open.length > 0);
  }

  /** Each position passes deliveries that are done, and the publications are theirs, in order. */
  #check({ positions, publications }: HandTransactions['requests'][number]['transaction']): void {
    const expected = positions.flatMap(({ partition, offset }) => {
      const plain = this.#at(partition);
      const passed = plain.open.splice(
        0,
        plain.open.findIndex(({ work }) => work.delivery.offset === offset - 1) + 1,
      );
      assert.ok(passed.length > 0 && passed.every(({ done }) => done));
      plain.written = offset;
      const output = passed.flatMap(({ work, findings }) => this.#outputOf(nameOf(work), findings));
      plain.output.push(...output);
      return output;
    });
    assert.deepEqual(
      publications.map(({ value }) => text(value)),
      expected,
    );
  }

  #outputOf(name: string, findings: number): string[] {
    return Array.from({ length: findings }, (_, i) => {
      const finding = `${name}.${i}`;
      return this.#refused.has(finding) ? `${finding} E_SINK_REJECTED` : finding;
    });
  }

  #at(which: number): Plain {
    const plain = this.plain[which % this.plain.length];
    assert.ok(plain !== undefined);
    return plain;
  }
}

test('over any completions, failures, refusals and revokes: each transaction holds exactly what its positions pass, nothing twice', async () => {
  const which = fc.nat(2);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('begin' as const), which, findings: fc.nat(3) }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('complete' as const), which, index: fc.nat(9) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('answer' as const),
        how: fc.constantFrom(
          'written' as const,
          'written' as const,
          'busy' as const,
          'reject' as const,
          'refuse' as const,
        ),
        index: fc.nat(9),
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('advance' as const), ms: fc.nat(50) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const), which }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const model = new TransactModel(3);
      for (const one of steps) {
        if (one.type === 'begin') model.begin(one.which, one.findings);
        else if (one.type === 'complete') model.complete(one.which, one.index);
        else if (one.type === 'answer') await model.answer(one.how, one.index);
        else if (one.type === 'advance') await model.bench.clock.advance(one.ms);
        else model.revoke(one.which);
        assert.ok(model.bench.transactions.requests.length <= 1);
      }
      await model.finish();

      const { finished, dropped, failures, given, transact } = model.bench;
      assert.deepEqual(failures, []);
      assert.equal(finished.length + dropped.length, model.begun, 'credit comes back once for each');
      assert.equal(transact.heldBack, 0);
      const output = model.plain.flatMap((plain) => plain.output);
      assert.equal(new Set(output).size, output.length, 'nothing twice');
      assert.equal(new Set(finished).size, finished.length);
      assert.ok(given.length >= output.filter((value) => !value.includes(' ')).length);
    }),
    { numRuns: 100 },
  );
});
