/** Asking again what fails for a reason that passes, until the time is over. */
import { EngineError } from '../../model/errors.ts';
import { Backoff, pause } from './backoff.ts';
import { isConnectionFault, kafkaFault, protocolError } from './faults.ts';
import type { KafkaSettings } from './settings.ts';

/** Protocol errors of moments in which something moves, loads or is being ended. */
const PASSING: ReadonlySet<string> = new Set([
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'CONCURRENT_TRANSACTIONS',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

/** The last transaction's markers are still being written: a matter of milliseconds. */
const CONCURRENT_WAIT_MS = 5;

/** Until when. */
export interface Persistence {
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  readonly backoff: Pick<KafkaSettings, 'backoffMs' | 'backoffMaxMs'>;
  readonly signal: AbortSignal;
}

/** Resolves as `ask` does in the end. Rejects, coded, with what does not pass, or did not in time. */
export async function persist<T>(doing: string, ask: () => Promise<T>, how: Persistence): Promise<T> {
  const backoff = new Backoff(how.backoff);
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const waitMs =
        protocolError(error) === 'CONCURRENT_TRANSACTIONS' ? CONCURRENT_WAIT_MS : backoff.nextMs();
      const isOver = performance.now() + waitMs > how.deadlineMs || how.signal.aborted;
      if (isOver || !isPassing(error)) throw kafkaFault(error, doing);
      await pause(waitMs, how.signal);
    }
  }
}

function isPassing(error: unknown): boolean {
  return isConnectionFault(error) || PASSING.has(typeOf(error));
}

/** Of Kafka's protocol error, a coded one's cause included. */
function typeOf(error: unknown): string {
  return protocolError(error instanceof EngineError ? error.cause : error);
}
