/** Records of topics, as the commands that fill and show them see them: in the embedded log or on brokers. */
import type { From, System } from '../config/config.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Appendable } from './writer.ts';

/** What to read of a topic. */
export interface ReadOptions {
  /** `{ last }`: so many before the end, of each partition. */
  readonly from: From | { readonly last: number };
  /** Wait for more at the end instead of ending there. */
  readonly follow: boolean;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** The records. Methods reject with coded errors. */
export interface Records extends Appendable {
  /** For the last word of a command: `./faultline-data`, `kafka:9092`. */
  readonly where: string;
  /**
   * In offset order within each partition; `null` once, when all that was there at the beginning has
   * been given. Rejects with `E_TOPIC_UNKNOWN`.
   */
  read(topic: string, options: ReadOptions): AsyncGenerator<Delivery | null, void, undefined>;
  close(): Promise<void>;
}

/** Opens those of the transport that the config names; on the log, a new one is made to append to it. */
export async function openRecords(system: System, access: 'read' | 'append'): Promise<Records> {
  if (system.transport === 'kafka') {
    const { openKafkaRecords } = await import('./kafka-parts.ts');
    return openKafkaRecords(system);
  }
  const { openLogRecords } = await import('./parts.ts');
  return openLogRecords(system, access);
}
