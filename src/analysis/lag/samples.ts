/**
 * Sampled stacks of the main thread, merged into a call tree.
 *
 * A report is a list of samples or `{ interval_ms?, samples }`; a sample is `{ time, stack }`: the
 * time in milliseconds or ISO 8601, the stack a text of lines or a list of them, innermost first, or a
 * folded text (`outermost;…;innermost`). What is wrong with one sample harms that sample alone. Work
 * is linear in the report's size, memory bounded by limits; it does not judge what it finds.
 */
import type { AnalysisLimits } from '../../model/task.ts';
import type { Frame, Problem } from '../../model/report.ts';
import { note } from '../problems.ts';
import { CallTree } from './call-tree.ts';
import { FrameTable } from './frame-table.ts';
import { isIdle } from './idle.ts';
import { GAP_MAX_MS, sampleTimeMs, weighSamples } from './sample-weights.ts';
import { StackReader } from './stack-reader.ts';

/** Nodes of one call tree: some 100 bytes each. */
const TREE_NODES_MAX = 65_536;

/** The limits that samples obey. */
type SampleLimits = Pick<AnalysisLimits, 'samplesMax' | 'framesMax' | 'lineBytesMax' | 'reportBytesMax'>;

/** A frame of the heaviest path, with the time below it and in itself. */
interface HeavyFrame {
  /** The key it was merged by. */
  readonly name: string;
  readonly frame: Frame;
  readonly totalMs: number;
  readonly selfMs: number;
}

/** What the samples tell. */
export interface SampledStacks {
  readonly samples: number;
  /** Whether any frame was one by its form: where none is, the text may be anything. */
  readonly formed: boolean;
  /** Outermost first. */
  readonly heaviestPath: readonly HeavyFrame[];
  readonly totalMs: number;
  /** Of it, with the thread waiting for work. */
  readonly idleMs: number;
  /** Whether the thread waits for work at the end of the heaviest path. */
  readonly idle: boolean;
  readonly problems: readonly Problem[];
}

/** Reads and merges; `null` where `report` is no list of samples at all (a list of lines is a stack). */
export function mergeSamples(report: unknown, limits: SampleLimits): SampledStacks | null {
  const list = sampleList(report);
  if (list === null) return null;
  const problems: Problem[] = [];
  if (list.samples.length === 0) note(problems, 'samples-empty', list.place);
  const count = Math.min(list.samples.length, limits.samplesMax);
  if (count < list.samples.length) note(problems, 'samples-over-limit', `${list.place}[${String(count)}]`);
  const weightsUs = weighSamples(timesOf(list, count, problems), list.intervalMs, problems);
  const merger = new Merger(limits, problems);
  for (let i = 0; i < count; i++) {
    const added = merger.add(fieldOf(list.samples[i], 'stack'), weightsUs[i] ?? 0);
    if (!added) note(problems, 'sample-stack-invalid', `${list.place}[${String(i)}].stack`);
  }
  return merger.finish(count);
}

interface SampleList {
  readonly samples: readonly unknown[];
  readonly intervalMs: number | undefined;
  /** Where the list stands in the event. */
  readonly place: string;
}

function sampleList(report: unknown): SampleList | null {
  if (Array.isArray(report)) {
    if (typeof report[0] === 'string') return null;
    return { samples: report, intervalMs: undefined, place: 'profile_data.report' };
  }
  const samples = fieldOf(report, 'samples');
  if (!Array.isArray(samples)) return null;
  const interval = fieldOf(report, 'interval_ms');
  const usable = typeof interval === 'number' && interval > 0 && interval <= GAP_MAX_MS;
  return { samples, intervalMs: usable ? interval : undefined, place: 'profile_data.report.samples' };
}

/** An own field, so that `__proto__` and its like are data. */
function fieldOf(value: unknown, name: 'samples' | 'interval_ms' | 'time' | 'stack'): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}

function timesOf(list: SampleList, count: number, problems: Problem[]): number[] {
  const timesMs: number[] = [];
  for (let i = 0; i < count; i++) {
    const time = fieldOf(list.samples[i], 'time');
    const timeMs = sampleTimeMs(time);
    const told = time !== undefined || list.intervalMs === undefined;
    timesMs.push(timeMs);
    if (!told || !Number.isNaN(timeMs)) continue;
    note(problems, 'sample-time-invalid', `${list.place}[${String(i)}].time`);
  }
  return timesMs;
}

/** Adds stacks to a tree. */
class Merger {
  readonly #problems: Problem[];
  readonly #table: FrameTable;
  readonly #reader: StackReader;
  readonly #tree = new CallTree(TREE_NODES_MAX);
  #formed = false;
  #totalUs = 0;
  #idleUs = 0;
  /** The stack text added last, where it ended in the tree, and whether it was idle. */
  #text: unknown = null;
  #node = 0;
  #idle = false;

  constructor(limits: SampleLimits, problems: Problem[]) {
    this.#problems = problems;
    this.#table = new FrameTable(limits.lineBytesMax);
    this.#reader = new StackReader(this.#table, limits, problems);
  }

  /** Adds a sample; false when its stack is none. A thread that hangs repeats its text: no parsing then. */
  add(stack: unknown, weightUs: number): boolean {
    if (typeof stack === 'string' && stack === this.#text) this.#tree.addTo(this.#node, weightUs);
    else {
      const path = this.#reader.read(stack);
      if (path === null) return false;
      const leaf = path.at(-1);
      this.#node = this.#tree.add(path, weightUs);
      this.#text = stack;
      this.#idle = leaf?.idle === true;
      this.#formed ||= leaf?.formed === true;
    }
    this.#totalUs += weightUs;
    if (this.#idle) this.#idleUs += weightUs;
    return true;
  }

  finish(samples: number): SampledStacks {
    if (this.#tree.cut > 0) note(this.#problems, 'tree-over-limit');
    const heaviestPath = this.#tree
      .heaviestPath((key) => this.#table.nameOf(key))
      .map((node) => ({
        name: this.#table.nameOf(node.key),
        frame: this.#table.frameOf(node.key, node.line),
        totalMs: node.totalUs / 1000,
        selfMs: node.selfUs / 1000,
      }));
    const leaf = heaviestPath.at(-1);
    return {
      samples,
      formed: this.#formed,
      heaviestPath,
      totalMs: this.#totalUs / 1000,
      idleMs: this.#idleUs / 1000,
      idle: leaf !== undefined && isIdle(leaf.frame),
      problems: this.#problems,
    };
  }
}
