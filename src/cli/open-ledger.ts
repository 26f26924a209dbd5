/** The ledger of the transport that the config names. */
import type { System } from '../config/config.ts';
import type { Ledger } from './ledger.ts';

/** Opens it; `write` where positions are to be changed. Rejects with coded errors. */
export async function openLedger(system: System, access: 'read' | 'write' = 'read'): Promise<Ledger> {
  if (system.transport === 'kafka') {
    const { openKafkaLedger } = await import('./kafka-parts.ts');
    return openKafkaLedger(system);
  }
  const { openLogLedger } = await import('./parts.ts');
  return openLogLedger(system, access);
}
