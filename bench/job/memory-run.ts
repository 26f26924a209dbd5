/** One run of the engine over the memory transport: what is in a topic of the broker, checked and measured. */
import { openApp } from '../../src/app.ts';
import { parseConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { MemoryBroker } from '../../src/transport/memory/broker.ts';
import { LedgerSink } from './ledger-sink.ts';
import type { SpanBounds, SpanFigures } from './span.ts';
import { Span } from './span.ts';

/** Where the events of such a run are. */
export const MEMORY_TOPIC = 'bench-crash';

/** What is run. The events of the broker have no ids of their own. */
export interface MemorySpan {
  readonly broker: MemoryBroker;
  /** A name or a path. */
  readonly analyzer: string;
  readonly threads: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly bounds: SpanBounds;
}

/** Runs it. Throws when an event is missing or twice, or a key out of order. */
export async function runMemorySpan(run: MemorySpan): Promise<SpanFigures> {
  const { broker, analyzer, threads, settings } = run;
  const sink = new LedgerSink(broker, MEMORY_TOPIC);
  const tasks = { bench: { topics: [`^${MEMORY_TOPIC}$`], analyzer } };
  const config = parseConfig({
    file: { name: 'bench', text: JSON.stringify({ tasks }) },
    flags: { transport: 'memory', threads: String(threads), ...settings },
  });
  const span = new Span(run.bounds);
  const logger = createLogger({ level: 'error', format: 'json' });
  const app = await openApp(config, { logger, untilIdle: true, probes: [span.probe], broker, sink });
  await app.run();
  sink.check();
  return span.figures();
}
