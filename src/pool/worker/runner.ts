/**
 * Runs batches in a thread: for each delivery decode, choose the analyzer, analyze, encode.
 *
 * A delivery that fails harms itself alone; its neighbours go on, except later ones of its key where
 * it will be seen again. Built-in analyzers run without a single await. What a module's analyzer
 * rejects behind its own back, while the batch is open, is a failure of the delivery that did it.
 * Does not guard against hangs and deaths: that is the slot's work, on the other side.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnalyzerResult } from '../../model/analyzer.ts';
import type { BatchItem } from '../../model/batch.ts';
import { UNPROCESSED } from '../../model/batch.ts';
import { EngineError } from '../../model/errors.ts';
import type { PerfEvent } from '../../model/event.ts';
import type { AnalysisLimits, TaskAnalysis } from '../../model/task.ts';
import type { Allocate } from '../../wire/batch.ts';
import { unpackBatch } from '../../wire/batch.ts';
import { decodeAround, decodeEvent, reportPlace } from '../../wire/event.ts';
import type { Envelope, IdentifiedFinding } from '../../wire/finding.ts';
import {
  composeCustomFinding,
  composeFinding,
  encodeFinding,
  encodeKnown,
  envelopeOf,
} from '../../wire/finding.ts';
import type { WrittenResult } from '../../wire/outcome.ts';
import { FINDINGS_BYTES_MAX, OutcomeWriter } from '../../wire/outcome.ts';
import type { LoadedAnalyzer, TaskAnalyzers } from './analyzers.ts';
import { analyzerFor } from './analyzers.ts';
import { CallContext, isAnswer } from './context.ts';
import { faultOf } from './faults.ts';
import { HeldKeys } from './held-keys.ts';
import type { OpenBatch } from './open-batch.ts';
import { closeBatch, openBatch } from './open-batch.ts';
import { clearProgress, storeProgress } from './progress.ts';
import type { KnownAnalysis, SeenReport } from './report-memo.ts';
import { ReportMemo } from './report-memo.ts';
import { repeatedEntry, tallyEntry, tallyOf } from './tally.ts';

/** Findings of one delivery. */
const FINDINGS_MAX = 1_000;

/** Unhandled rejections that wait to be logged. */
const ORPHANS_MAX = 100;

/** What a runner is made of. */
export interface RunnerOptions {
  readonly tasks: readonly TaskAnalysis[];
  readonly analyzers: readonly TaskAnalyzers[];
  readonly limits: AnalysisLimits;
  /** The shared memory of the progress word. */
  readonly progress: Int32Array;
}

type ModuleAnalyzer = Extract<LoadedAnalyzer, { kind: 'module' }>;
type BuiltInLoaded = Extract<LoadedAnalyzer, { kind: 'built-in' }>;

/** One delivery on its way. */
interface Call {
  readonly batch: OpenBatch;
  readonly index: number;
  readonly item: BatchItem;
  readonly task: TaskAnalysis;
  readonly event: PerfEvent;
  readonly envelope: Envelope;
}

/** One whose report is known. */
type KnownCall = Omit<Call, 'event' | 'envelope'> & { readonly report: SeenReport };

/** Whose work is running. */
interface Caller {
  readonly batch: OpenBatch;
  readonly index: number;
  /** Ends the wait for the analyzer, while there is one. */
  interrupt: ((error: unknown) => void) | null;
}

/** Runs one batch at a time. */
export class BatchRunner {
  readonly #options: RunnerOptions;
  /** Only modules are run inside it: built-in analyzers pay nothing. */
  readonly #callers = new AsyncLocalStorage<Caller>();
  /** What nobody handled of batches that are gone, to be logged with the next one. */
  readonly #orphans: { readonly from: string; readonly error: unknown }[] = [];
  readonly #memo: ReportMemo;
  /** Stands for reports that are not parsed. */
  readonly #mark = randomUUID();
  /** Bytes of findings of the last batch: the next will be much like it. */
  #findingsBytes = 0;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#memo = new ReportMemo(options.limits.memoBytesMax);
  }

  /** Runs a packed batch and packs its outcome; `buffer` is free again when it resolves. Calls must not overlap. */
  async run(buffer: ArrayBuffer, allocate: Allocate): Promise<ArrayBuffer> {
    const startMs = performance.now();
    const writer = new OutcomeWriter(allocate, this.#findingsBytes);
    const batch = openBatch(unpackBatch(buffer), writer);
    await this.#runAll(batch);
    if (batch.foreign) await nextTurn();
    closeBatch(batch);
    this.#logOrphans(batch);
    this.#findingsBytes = writer.findingsBytes;
    return writer.finish({
      results: batch.results,
      elapsedMs: performance.now() - startMs,
      cpuMs: threadCpuMs(),
      tally: tallyOf(batch.tallies.flat()),
      logs: batch.logs.lines(),
    });
  }

  /** Takes a rejection or exception that nobody handled, in the context that it came from. */
  unhandled(error: unknown): void {
    const caller = this.#callers.getStore();
    if (caller !== undefined && !caller.batch.closed) {
      caller.batch.late.set(caller.index, error);
      caller.interrupt?.(error);
      return;
    }
    if (this.#orphans.length >= ORPHANS_MAX) return;
    const from = caller?.batch.items[caller.index]?.delivery;
    this.#orphans.push({
      from:
        from === undefined ? 'no delivery in particular' : `${from.topic}:${from.partition}:${from.offset}`,
      error,
    });
  }

  /** The thread is ending because somebody called `process.exit`: the word shall name who it was, if its batch is open. */
  exiting(): void {
    const caller = this.#callers.getStore();
    if (caller === undefined || caller.batch.closed) clearProgress(this.#options.progress);
    else storeProgress(this.#options.progress, caller.batch.id, caller.index);
  }

  async #runAll(batch: OpenBatch): Promise<void> {
    const held = new HeldKeys();
    for (let index = 0; index < batch.items.length; index += 1) {
      const item = at(batch.items, index);
      if (batch.writer.findingsBytes > FINDINGS_BYTES_MAX || held.has(item)) {
        batch.results.push(UNPROCESSED);
        continue;
      }
      storeProgress(this.#options.progress, batch.id, index);
      const result = this.#runOne(batch, index, item);
      // No await where there is no promise: it would cost a turn per delivery.
      const settled = result instanceof Promise ? await result : result;
      batch.results.push(settled);
      held.after(item, settled);
    }
  }

  #runOne(batch: OpenBatch, index: number, item: BatchItem): WrittenResult | Promise<WrittenResult> {
    const { tasks, analyzers, limits } = this.#options;
    const task = at(tasks, item.task);
    const candidates = at(analyzers, item.task);
    try {
      const { value, headers } = item.delivery;
      const report = this.#see(item, task, candidates);
      const known = report?.analyses
        ? this.#runKnown({ batch, index, item, task, report }, candidates)
        : null;
      if (report !== null) this.#memo.count(known !== null);
      if (known !== null) return known;
      const event = decodeEvent(value, headers, item.delivery, limits);
      const analyzer = analyzerFor(candidates, event.category);
      const envelope = envelopeOf(event, item.delivery, analyzer.identity);
      const call = { batch, index, item, task, event, envelope };
      if (analyzer.kind === 'module') return this.#callModule(call, analyzer);
      const analysis = analyzer.analyze(event, limits, task);
      const finding = composeFinding(envelope, analysis);
      if (report !== null && event.problems.length === 0) {
        this.#memo.meet(report, keyOf(analyzer, task, event), () =>
          this.#decodeAround(report, item) === null ? null : knownOf(analysis, finding),
        );
      }
      return this.#done(call, [finding]);
    } catch (error) {
      return { status: 'failed', fault: faultOf(error) };
    }
  }

  /** The report, where it may be known from before or may be kept. */
  #see({ delivery }: BatchItem, task: TaskAnalysis, { hasBuiltIn }: TaskAnalyzers): SeenReport | null {
    const { memoBytesMax, eventBytesMax } = this.#options.limits;
    const { value, headers } = delivery;
    if (memoBytesMax === 0 || !hasBuiltIn || task.encoding !== 'json') return null;
    if (value === null || value.length > eventBytesMax || !this.#memo.mayPay()) return null;
    const place = reportPlace(value, headers);
    return place === null ? null : this.#memo.see(value, place);
  }

  #decodeAround({ value, place }: SeenReport, { delivery }: BatchItem): PerfEvent | null {
    return decodeAround(value, place, delivery, this.#mark);
  }

  /** The result of a delivery whose report is known; `null` where it is to be analysed after all. */
  #runKnown(
    { batch, index, item, task, report }: KnownCall,
    candidates: TaskAnalyzers,
  ): WrittenResult | null {
    const event = this.#decodeAround(report, item);
    if (event === null || event.problems.length > 0) return null;
    const analyzer = analyzerFor(candidates, event.category);
    const known = analyzer.kind === 'module' ? undefined : report.analyses?.get(keyOf(analyzer, task, event));
    if (known === undefined) return null;
    const { id, category } = event;
    const envelope = envelopeOf(event, item.delivery, analyzer.identity);
    const encoded = encodeKnown(envelope, known.json, this.#options.limits.findingBytesMax);
    const result = batch.writer.write([{ id, category, value: encoded }]);
    batch.tallies[index] = [repeatedEntry(known.tally, envelope.platform)];
    return result;
  }

  /** Without a promise where the analyzer makes none: it would cost a turn per delivery. */
  #callModule(call: Call, analyzer: ModuleAnalyzer): WrittenResult | Promise<WrittenResult> {
    const { batch, index, item, event, task } = call;
    batch.foreign = true;
    const context = new CallContext(event, item, { task, book: batch.logs, index, nowMs: Date.now() });
    const caller: Caller = { batch, index, interrupt: null };
    const result = this.#callers.run(caller, analyzer.analyze, event, context);
    return isThenable(result) ? this.#wait(call, caller, result) : this.#answer(call, result);
  }

  async #wait(call: Call, caller: Caller, result: Promise<AnalyzerResult>): Promise<WrittenResult> {
    const { promise: interrupted, reject: interrupt } = Promise.withResolvers<never>();
    caller.interrupt = interrupt;
    try {
      // Raced, because a callback that throws leaves the result pending for ever.
      return this.#answer(call, await Promise.race([result, interrupted]));
    } catch (error) {
      return { status: 'failed', fault: faultOf(error) };
    }
  }

  #answer(call: Call, result: AnalyzerResult): WrittenResult {
    if (result === undefined || result === null) return this.#done(call, []);
    if (!isAnswer(result)) return this.#done(call, this.#composeAll(call, result));
    switch (result.answer) {
      case 'finish':
        return this.#done(call, []);
      case 'requeue':
        return { status: 'requeue', delayMs: result.delayMs };
      case 'dead-letter':
        return { status: 'failed', fault: faultOf(new EngineError('E_EVENT_REJECTED', result.reason)) };
    }
  }

  #composeAll({ envelope }: Call, result: unknown): readonly IdentifiedFinding[] {
    const customs: readonly unknown[] = Array.isArray(result) ? result : [result];
    if (customs.length > FINDINGS_MAX) {
      throw new EngineError('E_FINDING_TOO_LARGE', `${customs.length} findings, at most ${FINDINGS_MAX}`);
    }
    const { findingBytesMax } = this.#options.limits;
    return customs.map((custom, index) => composeCustomFinding(custom, envelope, { index, findingBytesMax }));
  }

  /** Writes all findings of a delivery, or none. */
  #done({ batch, index, task }: Call, findings: readonly IdentifiedFinding[]): WrittenResult {
    const format = { encoding: task.encoding, findingBytesMax: this.#options.limits.findingBytesMax };
    const encoded = findings.map((finding) => {
      const { id, category } = finding;
      return { id, value: encodeFinding(finding, format), category };
    });
    const result = batch.writer.write(encoded);
    batch.tallies[index] = findings.map(tallyEntry);
    return result;
  }

  #logOrphans(batch: OpenBatch): void {
    for (const { from, error } of this.#orphans.splice(0)) {
      const message = `unhandled in ${from}, whose batch was finished: ${faultOf(error).message}`;
      batch.logs.add(0, { level: 'error', message }, { from });
    }
  }
}

/** What an analysis is of, beside the report. */
function keyOf({ identity, regards }: BuiltInLoaded, { explain }: TaskAnalysis, event: PerfEvent): string {
  return `${identity.name} ${explain} ${regards(event)}`;
}

function knownOf(analysis: object, finding: IdentifiedFinding): KnownAnalysis {
  return { json: Buffer.from(JSON.stringify(analysis).slice(1)), tally: tallyEntry(finding) };
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new EngineError('E_ASSERT', `there is no item ${index} of ${list.length}`);
  return item;
}

/** As `await` sees it. */
function isThenable(value: AnalyzerResult | Promise<AnalyzerResult>): value is Promise<AnalyzerResult> {
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === 'function';
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
