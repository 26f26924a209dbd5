/**
 * The JSON Schema of a config file, for editors: completion, meaning and mistakes while one types.
 * Made from the table in `spec.ts`. It says what one key may be; what keys must be together is said
 * by loading the config.
 */
import { unreachable } from '../model/assert.ts';
import { systemEntries } from './flags.ts';
import type { Key, Section } from './keys.ts';
import { CONFIG_LIMITS, DEFAULT_TASKS, TASK_DOCS } from './task-spec.ts';
import { FIELD_SOURCE, HOST_SOURCE, NAME_SOURCE, TEXT_SOURCE, TIME_SOURCE, TOPIC_SOURCE } from './values.ts';

type Schema = Readonly<Record<string, unknown>>;

const ANALYZER: Schema = {
  anyOf: [{ enum: ['crash', 'lag'] }, { type: 'string', pattern: '^\\.{0,2}/|\\.[cm]?[jt]s$' }],
};

/** The text of docs/reference/config.schema.json. */
export function configSchemaJson(): string {
  return `${JSON.stringify(configSchema(), null, 2)}\n`;
}

/** The schema, draft 2020-12. */
export function configSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'faultline.yaml',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      system: { description: 'Defaults for everything.', ...closed(entrySchemas(() => true)) },
      tasks: {
        description: `What is done with which topics; without it, the tasks ${Object.keys(DEFAULT_TASKS).join(' and ')}.`,
        type: ['object', 'null'],
        propertyNames: { pattern: NAME_SOURCE, maxLength: CONFIG_LIMITS.nameLengthMax },
        maxProperties: CONFIG_LIMITS.tasksMax,
        additionalProperties: taskSchema(),
      },
    },
  };
}

function taskSchema(): Schema {
  const pattern = {
    type: 'string',
    format: 'regex',
    minLength: 1,
    maxLength: CONFIG_LIMITS.patternLengthMax,
  };
  const patterns = { type: 'array', items: pattern, minItems: 1, maxItems: CONFIG_LIMITS.patternsMax };
  return closed({
    topics: { description: TASK_DOCS.topics, anyOf: [pattern, patterns] },
    analyzer: { description: TASK_DOCS.analyzer, ...ANALYZER },
    analyzers: {
      description: TASK_DOCS.analyzers,
      type: ['object', 'null'],
      maxProperties: CONFIG_LIMITS.analyzersMax,
      additionalProperties: ANALYZER,
    },
    enabled: { description: TASK_DOCS.enabled, type: 'boolean', default: true },
    ...entrySchemas((entry) => entry.task === true, 'without'),
  });
}

/** `without` defaults: a task's default is what `system` says. */
function entrySchemas(
  isWanted: (entry: Key | Section) => boolean,
  defaults: 'with' | 'without' = 'with',
): Readonly<Record<string, Schema>> {
  const schemaOf = (entry: Key | Section): Schema => {
    if ('keys' in entry) return { description: entry.doc, ...closed(schemasOf(Object.entries(entry.keys))) };
    const value = { description: entry.doc, ...valueSchema(entry) };
    if (entry.type === 'secret') return value;
    return defaults === 'with' ? { ...value, default: entry.default } : value;
  };
  const schemasOf = (
    entries: readonly (readonly [string, Key | Section])[],
  ): Readonly<Record<string, Schema>> =>
    Object.fromEntries(entries.map(([name, entry]) => [name, schemaOf(entry)]));
  return schemasOf(systemEntries().filter(([, entry]) => isWanted(entry)));
}

/** A map of these keys only; an empty one may be written as nothing. */
function closed(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: ['object', 'null'], additionalProperties: false, properties };
}

function valueSchema(key: Key): Schema {
  switch (key.type) {
    case 'int': {
      const number = { type: 'integer', minimum: key.min, maximum: key.max };
      const withUnit = { type: 'string', pattern: '^\\d+(_\\d{3})* ?[KkMmGg][Ii][Bb]$' };
      return key.unit === 'bytes' ? { anyOf: [number, withUnit] } : number;
    }
    case 'bool':
      return { type: 'boolean' };
    case 'choice':
      return { enum: key.options };
    case 'name':
      return { type: 'string', pattern: NAME_SOURCE, maxLength: CONFIG_LIMITS.nameLengthMax };
    case 'path':
      return { type: 'string', minLength: 1 };
    case 'topic':
      return { type: 'string', pattern: TOPIC_SOURCE, maxLength: CONFIG_LIMITS.topicLengthMax };
    case 'field':
      return { type: ['string', 'null'], pattern: FIELD_SOURCE, maxLength: CONFIG_LIMITS.fieldLengthMax };
    case 'threads':
      return { anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 1, maximum: key.max }] };
    case 'from':
      return { anyOf: [{ enum: ['earliest', 'latest'] }, { type: 'string', pattern: TIME_SOURCE }] };
    case 'address':
      return { anyOf: [{ type: 'integer', minimum: 0, maximum: 65_535 }, { type: ['string', 'null'] }] };
    case 'socket':
    case 'file':
      return { type: ['string', 'null'], minLength: 1 };
    case 'text':
      return { type: ['string', 'null'], pattern: TEXT_SOURCE, maxLength: CONFIG_LIMITS.textLengthMax };
    case 'secret':
      return { not: {} };
    case 'hosts': {
      const host = { type: 'string', pattern: HOST_SOURCE };
      return {
        anyOf: [{ type: 'array', items: host, maxItems: CONFIG_LIMITS.hostsMax }, { type: 'string' }],
      };
    }
    default:
      return unreachable(key);
  }
}
