/** Where findings and dead letters go. Implementations pass test/contract/sink.ts. */
import type { Publication } from '../model/delivery.ts';
import type { EngineError } from '../model/errors.ts';

/** `null`: acknowledged. A retriable error: not written now. Any other: refused for good. */
export type PublishResult = EngineError | null;

/** The port. Several calls may be in flight. */
export interface Sink {
  /**
   * Writes in order; `results[i]` belongs to `publications[i]`. Never rejects, except with
   * `E_SINK_CLOSED`, or with the error after which nothing can be written any more
   * (`E_PUBLISHER_DIED`). Resolves when all of them are durable or failed.
   *
   * **In order or not at all**: requests take effect in the order of the calls. When a publication
   * fails with a retriable error, all publications after it, in this and in every later request
   * already made, fail with a retriable error too; once no request is in flight, the sink takes
   * new ones. A refusal for good fails that one publication only.
   *
   * The bytes of a publication may be overwritten once its acknowledgement is given: a sink that
   * keeps them copies them.
   */
  publish(publications: readonly Publication[]): Promise<readonly PublishResult[]>;
  /** Waits for what is in flight. Again: does nothing. */
  close(): Promise<void>;
}
