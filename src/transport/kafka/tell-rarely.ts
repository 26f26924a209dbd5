/** Keeps a fault that is met again and again, as long as brokers are down, from being told each time. */
import type { KafkaEvent } from './settings.ts';

/** The same fault is told again so much later, milliseconds. */
const REPEAT_MS = 10_000;
/** So many different ones are remembered. */
const FAULTS_MAX = 100;

/** Passes events on, of faults that were told just now none. */
export function tellRarely(
  tell: (event: KafkaEvent) => void,
  now: () => number = () => performance.now(),
): (event: KafkaEvent) => void {
  const toldMs = new Map<string, number>();
  return (event) => {
    if (event.type === 'group-fault') {
      const { code, message } = event.fault;
      const told = toldMs.get(`${code} ${message}`) ?? -Infinity;
      if (now() - told < REPEAT_MS) return;
      if (toldMs.size >= FAULTS_MAX) toldMs.clear();
      toldMs.set(`${code} ${message}`, now());
    }
    tell(event);
  };
}
