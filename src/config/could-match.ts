/**
 * Whether a pattern could match any of the names that a template can give: the template is walked
 * through the pattern's automaton, and the accepting state is reached or not.
 *
 * Never wrongly says no. Real names are matched by `RegExp` itself, never by this.
 */
import type { Automaton, When } from './automaton.ts';
import { buildAutomaton } from './automaton.ts';

/** A part of a name: known text, or any text of legal characters, none included. */
export type NamePart = { readonly text: string } | 'anything';

/** Whether `pattern` could match a name of these parts. */
export function couldMatch(pattern: RegExp, parts: readonly NamePart[]): boolean {
  const automaton = buildAutomaton(pattern);
  if (automaton.cut) return true;
  let states = follow(automaton, [automaton.start], 'at-start');
  for (const part of parts) {
    states = part === 'anything' ? anything(automaton, states) : text(automaton, states, part.text);
  }
  return follow(automaton, states, 'at-end').has(automaton.accept);
}

type States = ReadonlySet<number>;

function text(automaton: Automaton, states: States, characters: string): States {
  return [...characters].reduce<States>(
    (now, character) => follow(automaton, step(automaton, now, character), 'always'),
    states,
  );
}

function anything(automaton: Automaton, states: States): States {
  const reached = new Set(states);
  // The set grows while it is walked.
  for (const state of reached) {
    for (const to of follow(automaton, step(automaton, [state], null), 'always')) reached.add(to);
  }
  return reached;
}

/** Where a character leads; `null`: any character. */
function step(automaton: Automaton, states: Iterable<number>, character: string | null): readonly number[] {
  return [...states].flatMap((state) =>
    (automaton.states[state]?.steps ?? [])
      .filter(({ characters }) => (character === null ? characters.size > 0 : characters.has(character)))
      .map(({ to }) => to),
  );
}

/** The states and all that are reached from them without a character. */
function follow(automaton: Automaton, states: Iterable<number>, now: When): States {
  const reached = new Set(states);
  for (const state of reached) {
    for (const { to, when } of automaton.states[state]?.free ?? []) {
      if (when === 'always' || when === now) reached.add(to);
    }
  }
  return reached;
}
