/** The log as a sink. Order, packing and failures are the appender's; this adds the life cycle. */
import type { Publication } from '../../model/delivery.ts';
import type { PublishResult, Sink } from '../../ports/sink.ts';
import type { Appender } from './append.ts';
import { Calls } from './calls.ts';

/** The sink. */
export class LogSink implements Sink {
  readonly #appender: Appender;
  readonly #calls = new Calls();

  constructor(appender: Appender) {
    this.#appender = appender;
  }

  publish(publications: readonly Publication[]): Promise<readonly PublishResult[]> {
    return this.#calls.make(() => this.#appender.append(publications));
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}
