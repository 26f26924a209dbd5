/** The log as a sink. Order, packing and failures are the appender's; this adds the life cycle. */
import type { Publication } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import type { Appender } from './append.ts';

/** The sink. */
export class LogSink implements Sink {
  readonly #appender: Appender;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(appender: Appender) {
    this.#appender = appender;
  }

  async publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    if (this.#closed) throw new EngineError('E_SINK_CLOSED');
    const written = this.#appender.append(publications);
    this.#underWay.add(written);
    try {
      return await written;
    } finally {
      this.#underWay.delete(written);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#underWay);
  }
}
