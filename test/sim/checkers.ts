/**
 * The checkers: each holds one promise against what happens. They see every fact right after
 * the ledger followed it, are asked again after each event, and once more at the end.
 *
 * A checker must not throw: facts come from within calls of the engine. It tells a violation, and
 * the world stops after the event. A new rule is a new file in `checkers/` and a line below.
 */
import type { EngineStatus, WhyPartition } from '../../src/model/status.ts';
import { batchRules } from './checkers/batches.ts';
import { circuitRules } from './checkers/circuit.ts';
import { commitRules } from './checkers/commit.ts';
import { creditRules } from './checkers/credit.ts';
import { exitRules } from './checkers/exits.ts';
import { lossRules } from './checkers/loss.ts';
import { orderRules } from './checkers/order.ts';
import { outputRules } from './checkers/outputs.ts';
import { transactionRules } from './checkers/transactions.ts';
import { statusRules } from './checkers/status.ts';
import type { Fact } from './facts.ts';
import type { Ledger } from './ledger.ts';

/** What a checker sees of an engine. */
export interface EngineView {
  readonly inFlight: number;
  status(): EngineStatus;
  why(topic: string, partition: number): readonly WhyPartition[];
}

/** Tells that `rule` is broken. */
export type Violate = (rule: string, message: string) => void;

/** One checker. */
export interface Checker {
  /** Called with virtual milliseconds. */
  see?(fact: Fact, nowMs: number): void;
  afterEvent?(engine: EngineView): void;
  atEnd?(): void;
}

/** Makes a checker for one run. */
export type MakeChecker = (ledger: Ledger, violate: Violate) => Checker;

/** All of them. */
export const CHECKERS: readonly MakeChecker[] = [
  commitRules,
  orderRules,
  batchRules,
  circuitRules,
  creditRules,
  outputRules,
  transactionRules,
  exitRules,
  statusRules,
  lossRules,
];
