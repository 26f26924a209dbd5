/**
 * The JSON Schema of a published finding, declared once. `docs/reference/finding.schema.json` is
 * {@link findingSchemaJson}. Fields may be added within a major version of `schema`, so unknown ones are allowed.
 */
import { FINDING_SCHEMA } from '../model/finding.ts';

const TEXT = { type: 'string' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const WEIGHT = { type: 'number', minimum: 0 } as const;
const FRAMES = { type: 'array', items: { $ref: '#/$defs/frame' } } as const;

const FRAME = {
  type: 'object',
  properties: {
    function: TEXT,
    module: TEXT,
    file: TEXT,
    line: COUNT,
    column: COUNT,
    package: TEXT,
    address: TEXT,
    in_app: { type: 'boolean', description: 'The app’s own code. Absent means false.' },
    raw: TEXT,
  },
} as const;

const EXCEPTION = {
  type: 'object',
  required: ['type', 'frames'],
  properties: {
    type: TEXT,
    message: TEXT,
    relation: { enum: ['cause', 'suppressed', 'context'] },
    frames: FRAMES,
  },
} as const;

const PATH_NODE = {
  type: 'object',
  required: ['frame', 'total_ms', 'self_ms'],
  properties: { frame: TEXT, total_ms: WEIGHT, self_ms: WEIGHT },
} as const;

const THREAD = {
  type: 'object',
  required: ['frames'],
  properties: { name: TEXT, state: TEXT, frames: FRAMES, waits_for: TEXT, held_by: TEXT },
} as const;

const PROBLEM = {
  type: 'object',
  required: ['code'],
  properties: { code: { type: 'string', pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }, at: TEXT },
} as const;

const VERDICT = {
  type: 'object',
  required: ['signature', 'group', 'group_version', 'severity'],
  properties: {
    signature: TEXT,
    group: { type: 'string', pattern: '^[0-9a-f]+$', description: 'Stable identity of the group.' },
    group_version: COUNT,
    severity: { enum: ['fatal', 'error', 'warning', 'info'] },
    explain: { type: 'array', items: TEXT },
  },
} as const;

const CRASH = {
  type: 'object',
  $ref: '#/$defs/verdict',
  required: ['format', 'exceptions'],
  properties: {
    format: TEXT,
    exceptions: { type: 'array', items: { $ref: '#/$defs/exception' } },
    facts: { type: 'object', additionalProperties: TEXT },
  },
} as const;

const LAG = {
  type: 'object',
  $ref: '#/$defs/verdict',
  required: ['format'],
  properties: {
    format: TEXT,
    duration_ms: WEIGHT,
    reason: TEXT,
    samples: COUNT,
    heaviest_path: { type: 'array', items: { $ref: '#/$defs/pathNode' } },
    main_thread: { $ref: '#/$defs/thread' },
  },
} as const;

const ENVELOPE_PROPERTIES = {
  schema: { const: FINDING_SCHEMA },
  id: { type: 'string', minLength: 1 },
  category: TEXT,
  kind: {
    ...TEXT,
    description: 'crash and lag have the fields below; analyzers of one’s own may say another.',
  },
  timestamp: { type: 'string', format: 'date-time' },
  app: { type: 'object', properties: { id: TEXT, version: TEXT, build: TEXT } },
  platform: TEXT,
  os: TEXT,
  device: { type: 'object', properties: { model: TEXT, id: TEXT } },
  user: TEXT,
  scene: TEXT,
  source: {
    type: 'object',
    required: ['topic', 'partition', 'offset'],
    properties: { topic: TEXT, partition: COUNT, offset: COUNT },
  },
  analyzer: {
    type: 'object',
    required: ['name', 'version'],
    properties: { name: TEXT, version: TEXT },
  },
  problems: { type: 'array', items: { $ref: '#/$defs/problem' } },
} as const;

/** JSON Schema, draft 2020-12. */
export const FINDING_JSON_SCHEMA: Readonly<Record<string, unknown>> = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'faultline finding',
  type: 'object',
  required: ['schema', 'id', 'category', 'timestamp', 'source', 'analyzer'],
  properties: ENVELOPE_PROPERTIES,
  allOf: [fieldsOfKind('crash'), fieldsOfKind('lag')],
  $defs: {
    crash: CRASH,
    lag: LAG,
    verdict: VERDICT,
    exception: EXCEPTION,
    frame: FRAME,
    thread: THREAD,
    pathNode: PATH_NODE,
    problem: PROBLEM,
  },
};

function fieldsOfKind(kind: 'crash' | 'lag'): Readonly<Record<string, unknown>> {
  return {
    if: { type: 'object', required: ['kind'], properties: { kind: { const: kind } } },
    // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON Schema
    then: { $ref: `#/$defs/${kind}` },
  };
}

/** The text of docs/reference/finding.schema.json. */
export function findingSchemaJson(): string {
  return `${JSON.stringify(FINDING_JSON_SCHEMA, null, 2)}\n`;
}
