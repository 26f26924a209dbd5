/** Exits and revokes: within their deadlines, and an exit that says nothing is unfinished left nothing. */
import type { Checker, MakeChecker } from '../checkers.ts';

/** What a deadline does not cover: waits that cannot be broken off, milliseconds. */
const SLACK_MS = 50;

/** How old the source's word about its backlog may be, milliseconds. */
const BACKLOG_MS = 5;

/** The rules of letting go. */
export const exitRules: MakeChecker = (ledger, violate): Checker => {
  const { limits } = ledger.plan;
  const exitMs = limits.intakeMs + limits.drainMs + limits.commitMs;
  let drainAskedMs: number | null = null;
  /** How long this process has stood still: no deadline covers it. */
  let stoodMs = 0;
  return {
    see(fact, nowMs) {
      switch (fact.type) {
        case 'started':
          drainAskedMs = null;
          stoodMs = 0;
          break;
        case 'stopped':
          stoodMs += fact.forMs;
          break;
        case 'drain-asked':
          drainAskedMs ??= nowMs;
          break;
        case 'let-go':
          if (fact.elapsedMs > limits.revokeMs + limits.commitMs + SLACK_MS + stoodMs) {
            violate(
              'a revoke keeps its deadlines',
              `${fact.elapsedMs} of ${limits.revokeMs} + ${limits.commitMs} ms`,
            );
          }
          break;
        case 'probe':
          if (fact.event.type === 'draining' && fact.event.reason === 'idle') checkIdle(nowMs - BACKLOG_MS);
          break;
        case 'ended':
          if (
            fact.how === 'exited' &&
            drainAskedMs !== null &&
            nowMs - drainAskedMs > exitMs + SLACK_MS + stoodMs
          ) {
            violate('an ordered exit keeps its deadlines', `${nowMs - drainAskedMs} of ${exitMs} ms`);
          }
          if (fact.how === 'exited') checkLeft(fact.unfinished);
          break;
        default:
          break;
      }
    },
  };

  /** Whoever ends because nothing is left must be right. */
  function checkIdle(sinceMs: number): void {
    for (const partition of ledger.partitions) {
      if (ledger.isStopped(partition)) continue;
      const { records, stored, owned, epoch } = partition;
      const left = records.find(({ record: { availableMs, delivery }, current }) => {
        const done = owned && current?.epoch === epoch && current.finished;
        return availableMs <= sinceMs && delivery.offset >= stored && !done;
      });
      if (left !== undefined) violate('an idle exit leaves nothing', `${left.record.id} is left`);
    }
  }

  function checkLeft(unfinished: number): void {
    const left = ledger.inFlight.size;
    if (unfinished === 0 && left > 0) violate('an exit tells what is unfinished', `${left} are`);
    // What a stopped task gave back had its credit too, before others took it.
    const most = limits.creditDeliveries * (1 + ledger.stopped.size);
    if (unfinished < 0 || unfinished > most) {
      violate('an exit tells what is unfinished', `it says ${unfinished}`);
    }
  }
};
