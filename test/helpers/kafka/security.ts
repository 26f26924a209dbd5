/** How the clients of a cluster for tests prove who they are. */
import type { Properties } from './properties.ts';

/** Nothing. */
export type Security = 'none';

/** Kafka's name for it. */
export function securityProtocol(_security: Security): string {
  return 'PLAINTEXT';
}

/** What the broker is told for it. */
export function securityProperties(_security: Security): Properties {
  return {};
}
