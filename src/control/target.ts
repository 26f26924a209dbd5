/**
 * What the control socket is a door to: a running engine, as `src/app.ts` shows it.
 *
 * An interface only; nothing here knows how the answers are found.
 */
import type { EngineStatus, WhyPartition } from '../model/status.ts';
import type { Backlog } from '../ports/source.ts';

/** What a process tells of itself. */
export interface ProcessFacts {
  readonly pid: number;
  /** Of faultline; `null` where it is not known. */
  readonly version: string | null;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** Worker threads. */
  readonly threads: number;
  /** What is in its way now, in sentences without their points; processes before 0.2 leave it out. */
  readonly obstacles?: readonly string[];
}

/** The engine and the process around it. */
export type ProcessStatus = EngineStatus & ProcessFacts;

/** What was left over at the end. */
export interface Ending {
  /** Deliveries in hand that were neither finished nor committed; they come again. */
  readonly unfinished: number;
  /** Tasks whose circuit stopped them, with why. */
  readonly stopped: readonly { readonly task: string; readonly reason: string }[];
}

/** Threads before and after. */
export interface Scaled {
  readonly before: number;
  readonly after: number;
}

/** The port of this folder. May be called at any moment, several at a time; what is thrown is answered with its code. */
export interface ControlTarget {
  /** Quick, and without effect on the engine. */
  status(): ProcessStatus;
  /** One for each group that has the partition assigned; empty: none has. */
  why(topic: string, partition: number): readonly WhyPartition[];
  /** What is still to be pulled, of each partition. Where it is left out, or rejects, it is told as not known. */
  backlog?: (() => Promise<readonly Backlog[]>) | undefined;
  /** Resolves when so many threads work. Rejects when they cannot be had: they are as many as before then. */
  scale(threads: number): Promise<Scaled>;
  /** Begins the ordered exit (stop consuming, finish what is in hand, publish, commit, close); resolves at its end. */
  drain(reason: string): Promise<Ending>;
  /** The same order, but what is in hand is not waited for. */
  stop(reason: string): Promise<Ending>;
}
