/** One probe from several. One that throws, against the port's rule, harms neither the others nor the engine. */
import type { Probe } from '../ports/probe.ts';

/** Tells each in turn. The first throw of a probe becomes a warning of the process, later ones are the same news. */
export function fanOut(...probes: readonly Probe[]): Probe {
  const guarded = probes.map(guard);
  return (event) => {
    for (const probe of guarded) probe(event);
  };
}

function guard(probe: Probe): Probe {
  let warned = false;
  return (event) => {
    try {
      probe(event);
    } catch (error) {
      if (!warned) process.emitWarning(error instanceof Error ? error : `a probe threw ${typeof error}`);
      warned = true;
    }
  };
}
