/** What a sink will never take: a finding by its id, each time; a dead letter by chance, which ends the engine. */
import type { Publication } from '../../src/model/delivery.ts';
import { EngineError } from '../../src/model/errors.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import type { PortContext } from './context.ts';
import { parseFinding } from './finding.ts';

/** The refusal for good of a publication, if it is refused. */
export function refusalOf(context: PortContext, publication: Publication): PublishResult {
  const { plan, behaviours, random, faults, dealtFatal } = context;
  const finding = parseFinding(plan, publication);
  if (finding !== null) {
    const refused = behaviours.of(finding.task, finding.record).refused.has(finding.number);
    return refused ? new EngineError('E_SINK_REJECTED', 'simulated') : null;
  }
  if (!random.chance(faults().deadLetterRefused)) return null;
  dealtFatal('E_SINK_REJECTED');
  return new EngineError('E_SINK_REJECTED', 'simulated');
}
