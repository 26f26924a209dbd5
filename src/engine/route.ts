/** route: which task takes a topic. By topic only; a topic that two tasks of a group take is left out. */
import type { Task } from '../model/task.ts';

/** The answer for one topic: one task takes it, none does, or several would. */
export type Route =
  | { readonly type: 'task'; readonly index: number }
  | { readonly type: 'none' }
  | { readonly type: 'ambiguous'; readonly tasks: readonly string[] };

/** Finds the task of `group` whose patterns match `topic`. `tasks` are those of all groups. */
export function routeTopic(tasks: readonly Task[], group: string, topic: string): Route {
  const taking = tasks
    .map((task, index) => ({ task, index }))
    .filter(({ task }) => task.group === group && task.topics.some((pattern) => pattern.test(topic)));
  const [first] = taking;
  if (first === undefined) return { type: 'none' };
  if (taking.length > 1) return { type: 'ambiguous', tasks: taking.map(({ task }) => task.name) };
  return { type: 'task', index: first.index };
}
