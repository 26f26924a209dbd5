/**
 * What each kind of report tells of a lag, in one form: samples, dumps of all threads, single stacks.
 *
 * It gathers; what it means is concluded elsewhere.
 */
import type { PathNode } from '../../model/finding.ts';
import type { Frame, Lock, Problem } from '../../model/report.ts';
import { frameKey } from '../stack/frame-key.ts';
import { isInApp } from '../stack/in-app.ts';
import type { ThreadDump } from './anr.ts';
import { mainThreadOf, type MainThread } from './main-thread.ts';
import type { SampledStacks } from './samples.ts';

/** What a report of any kind tells of a lag. */
export interface LagFacts {
  readonly format: 'samples' | 'anr' | 'thread-dump' | 'java-stack' | 'js-stack' | 'unknown';
  /** What the main thread does. */
  readonly condition: MainThread['condition'] | 'unknown';
  /** The main thread's stack, innermost first, judged in-app or not. */
  readonly frames: readonly Frame[];
  readonly thread?: string;
  readonly state?: string;
  readonly waitsFor?: string;
  readonly heldBy?: string;
  readonly heldAt?: string;
  readonly reason?: string;
  /** Whether it is the report of an ANR. Android has ART dump its threads when an app does not respond. */
  readonly anr: boolean;
  readonly samples?: number;
  /** As measured by the report. */
  readonly durationMs?: number;
  readonly heaviestPath?: readonly PathNode[];
  readonly problems: readonly Problem[];
}

/** Of samples: the heaviest path stands for the main thread's stack. */
export function factsOfSamples(stacks: SampledStacks): LagFacts {
  const busyMs = stacks.totalMs - stacks.idleMs;
  return {
    ...factsOfStack(stacks, [], null),
    format: 'samples',
    samples: stacks.samples,
    ...(busyMs > 0 && { durationMs: busyMs }),
    heaviestPath: stacks.heaviestPath.map(pathNode),
  };
}

/** Of a single stack; `head` is that of the ANR it came with, if it did. */
export function factsOfStack(
  stacks: SampledStacks,
  problems: readonly Problem[],
  head: ThreadDump | null,
): LagFacts {
  const frames = stacks.heaviestPath.map(({ frame }) => frame).reverse();
  const script = frames.some(({ module, column }) => module === undefined && column !== undefined);
  return {
    format: script ? 'js-stack' : 'java-stack',
    condition: stacks.idle ? 'idle' : 'running',
    frames,
    ...(head?.reason !== undefined && { reason: head.reason }),
    anr: head?.anr === true,
    problems: [...problems, ...stacks.problems],
  };
}

function pathNode({ name, totalMs, selfMs }: SampledStacks['heaviestPath'][number]): PathNode {
  return { frame: name, total_ms: totalMs, self_ms: selfMs };
}

/** Of a dump of all threads. */
export function factsOfDump(dump: ThreadDump, problems: readonly Problem[]): LagFacts {
  const main = mainThreadOf(dump.threads);
  const { thread, waitsFor, holder } = main ?? {};
  const holderTop = holder?.frames[0];
  return {
    format: dump.runtime === 'jvm' ? 'thread-dump' : 'anr',
    condition: main?.condition ?? 'unknown',
    frames: thread?.frames.map(judged) ?? [],
    ...(thread?.name !== undefined && { thread: thread.name }),
    ...(thread?.state !== undefined && { state: thread.state }),
    ...(waitsFor !== undefined && { waitsFor: lockText(waitsFor) }),
    ...(holder !== undefined && { heldBy: holder.name ?? `thread ${holder.id ?? ''}` }),
    ...(holderTop !== undefined && { heldAt: frameKey(holderTop) || holderTop.raw }),
    ...(dump.reason !== undefined && { reason: dump.reason }),
    anr: dump.anr || dump.runtime === 'art',
    problems: [...problems, ...dump.problems],
  };
}

function judged(frame: Frame): Frame {
  if (frame.inApp !== undefined) return frame;
  return { ...frame, inApp: isInApp(frame, frame.package === undefined ? 'java' : 'native') };
}

function lockText({ address, className }: Lock): string {
  if (address === undefined) return 'an unknown object';
  return className === undefined ? `<${address}>` : `<${address}> (a ${className})`;
}
