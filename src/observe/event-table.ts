/** One entry per type of probe event: the compiler sees to it that none is forgotten. */
import type { ProbeEvent } from '../ports/probe.ts';

/** The event of one type. */
export type EventOf<Type extends ProbeEvent['type']> = Extract<ProbeEvent, { readonly type: Type }>;

/** What to do with, or to say of, each type of event. */
export type EventTable<Result> = {
  readonly [Type in ProbeEvent['type']]: (event: EventOf<Type>) => Result;
};

/** Applies the entry of the event's type. */
export function applyEntry<Result>(table: EventTable<Result>, event: ProbeEvent): Result {
  const entry = table[event.type] as (event: ProbeEvent) => Result;
  return entry(event);
}
