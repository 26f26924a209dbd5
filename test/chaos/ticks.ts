/** Feeding, tick by tick: so many events a second, now and then a burst, each chunk accounted for before and after. */
import { setTimeout as pause } from 'node:timers/promises';
import { Account, fedEvents, type FedEvent } from './fed.ts';

/** How to feed. */
export interface Feed {
  /** File of the account. */
  readonly account: string;
  readonly seed: string;
  /** Events of an ordinary tick, and of a burst. */
  readonly tickEvents: number;
  readonly burstEvents: number;
  readonly poisonShare: number;
  readonly isEnding: () => boolean;
  /** False: some of it may be missing. */
  readonly append: (chunk: readonly FedEvent[]) => Promise<boolean>;
  /** Asked after each tick until it says so. */
  readonly mayGoOn: () => boolean;
}

const TICK_MS = 100;
/** One tick in so many is a burst. */
const BURST_TICKS = 80;

/** Feeds until it is ending, which it does behind a chunk. */
export async function feed(options: Feed): Promise<void> {
  const { tickEvents, burstEvents, poisonShare, isEnding, append, mayGoOn } = options;
  const account = new Account(options.account);
  const events = fedEvents(Number(options.seed), Date.now(), poisonShare);
  for (let tick = 1; !isEnding(); tick += 1) {
    const count = tick % BURST_TICKS === 0 ? burstEvents : tickEvents;
    const chunk = Array.from({ length: count }, () => events.next().value).filter(isThere);
    account.begin(chunk);
    if (await append(chunk)) account.done();
    await pause(TICK_MS);
    while (!isEnding() && !mayGoOn()) await pause(TICK_MS);
  }
  account.close();
}

function isThere(event: FedEvent | void): event is FedEvent {
  return event !== undefined;
}
