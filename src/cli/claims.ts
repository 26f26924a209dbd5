/** Which task takes which topic, as `run` would deal them. Pure. */
import type { TaskConfig } from '../config/config.ts';

/** What is needed of a task. */
export type ClaimingTask = Pick<TaskConfig, 'name' | 'group' | 'topics'>;

/** What comes of topics and tasks. */
export interface Claims<Topic> {
  readonly taken: readonly { readonly task: ClaimingTask; readonly topic: Topic }[];
  /** Topics that several tasks of one group match: none of them gets it. */
  readonly contested: readonly {
    readonly topic: Topic;
    readonly group: string;
    readonly tasks: readonly string[];
  }[];
  readonly untaken: readonly Topic[];
}

/** Deals topics; what the brokers made for themselves is nobody's. */
export function claimsOf<Topic extends { readonly name: string; readonly isInternal: boolean }>(
  tasks: readonly ClaimingTask[],
  topics: readonly Topic[],
): Claims<Topic> {
  const each = topics
    .filter(({ isInternal }) => !isInternal)
    .map((topic) => {
      const matching = tasks.filter(({ topics: patterns }) =>
        patterns.some((pattern) => pattern.test(topic.name)),
      );
      return { topic, groups: [...Map.groupBy(matching, ({ group }) => group)] };
    });
  return {
    taken: each.flatMap(({ topic, groups }) =>
      groups.flatMap(([, [task, ...others]]) =>
        task === undefined || others.length > 0 ? [] : [{ task, topic }],
      ),
    ),
    contested: each.flatMap(({ topic, groups }) =>
      groups.flatMap(([group, own]) =>
        own.length < 2 ? [] : [{ topic, group, tasks: own.map(({ name }) => name) }],
      ),
    ),
    untaken: each.flatMap(({ topic, groups }) => (groups.length === 0 ? [topic] : [])),
  };
}
