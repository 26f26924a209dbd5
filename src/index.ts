/** The public API: what an embedding program and an analyzer of one's own need. Named exports only. */
export type {
  Analyzer,
  AnalyzerContext,
  AnalyzerLogger,
  AnalyzerResult,
  Answer,
  CustomFinding,
  DeadLetterAnswer,
  FinishAnswer,
  RequeueAnswer,
} from './model/analyzer.ts';
export type { Delivery, Header, Headers, Position, Publication, TopicPartition } from './model/delivery.ts';
export { NO_HEADERS } from './model/delivery.ts';
export type { ErrorCode, ErrorContext, ErrorSpec, Fault } from './model/errors.ts';
export { EngineError, ERRORS } from './model/errors.ts';
export type { Dimensions, PerfEvent, ProfileData } from './model/event.ts';
export type {
  Analysis,
  CrashResult,
  Finding,
  FindingEnvelope,
  FindingException,
  FindingFrame,
  FindingThread,
  LagResult,
  PathNode,
  Severity,
  Verdict,
} from './model/finding.ts';
export type { Problem } from './model/report.ts';
