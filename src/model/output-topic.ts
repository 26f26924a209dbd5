/** Fills the placeholders of an output topic's name. */

/** What a template may name. */
export interface TopicParts {
  readonly topic: string;
  readonly task: string;
  readonly category: string;
}

/**
 * `{topic}`, `{task}` and `{category}` replaced; characters that Kafka does not allow in a topic's
 * name become `_`. Without placeholders, the template itself.
 */
export function outputTopic(template: string, parts: TopicParts): string {
  if (!template.includes('{')) return template;
  return template.replace(/\{(topic|task|category)\}/g, (_, name: keyof TopicParts) =>
    parts[name].replace(/[^A-Za-z0-9._-]/g, '_'),
  );
}
