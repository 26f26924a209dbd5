/**
 * Findings to bytes: the envelope from the event, then what the analysis found.
 *
 * An encoded finding is within `findingBytesMax` and valid against docs/reference/finding.schema.json;
 * what cannot be encoded is `E_FINDING_ENCODE`. `dimensions` and `values` are not copied whole.
 */
import type { Delivery } from '../model/delivery.ts';
import { describe, EngineError } from '../model/errors.ts';
import type { Dimensions, PerfEvent } from '../model/event.ts';
import type { Analysis, Finding, FindingEnvelope } from '../model/finding.ts';
import { FINDING_SCHEMA } from '../model/finding.ts';
import type { Problem } from '../model/report.ts';
import { isoTime } from '../model/time.ts';
import { packMsgpack } from './msgpack.ts';
import { isPlainObject, toPlain } from './plain.ts';

/** Who made a finding. */
export type AnalyzerIdentity = FindingEnvelope['analyzer'];

/** Where the event stood. A delivery is one. */
export type FindingSource = Pick<Delivery, 'topic' | 'partition' | 'offset'>;

/** Any finding, as far as the engine needs to know it. */
export type IdentifiedFinding = Pick<FindingEnvelope, 'id' | 'category'>;

/** How findings are written. */
export interface FindingFormat {
  readonly encoding: 'json' | 'msgpack';
  readonly findingBytesMax: number;
}

/** The part of a finding that does not depend on the analysis; `problems` are those of the event’s own envelope. */
export type Envelope = FindingEnvelope & { readonly problems?: readonly Problem[] };

/** Fills the envelope from the event. */
export function envelopeOf(event: PerfEvent, source: FindingSource, analyzer: AnalyzerIdentity): Envelope {
  const { topic, partition, offset } = source;
  return {
    schema: FINDING_SCHEMA,
    id: event.id,
    category: event.category,
    timestamp: isoTime(event.timestampMs),
    ...fromDimensions(event.dimensions),
    source: { topic, partition, offset },
    analyzer,
    ...(event.problems.length > 0 && { problems: event.problems }),
  };
}

/** The finding of a built-in analyzer, whose problems include the envelope’s. */
export function composeFinding(envelope: Envelope, analysis: Analysis): Finding {
  return { ...envelope, ...analysis };
}

/**
 * The `index`-th finding that an analyzer of one's own returned for an event: a plain copy, envelope
 * fields that it lacks filled in. Without an id of their own, the second and later ones get the
 * event's with `.1`, `.2` … behind it. Throws `E_FINDING_ENCODE`, `E_FINDING_TOO_LARGE`.
 */
export function composeCustomFinding(
  custom: unknown,
  envelope: Envelope,
  place: { readonly index: number; readonly findingBytesMax: number },
): IdentifiedFinding {
  const plain = plainFinding(custom, place.findingBytesMax);
  const id = place.index === 0 ? envelope.id : `${envelope.id}.${place.index}`;
  const finding: Envelope & Readonly<Record<string, unknown>> = { ...envelope, id, ...plain };
  if (typeof finding.id !== 'string') throw cannotEncode('finding.id is no string');
  if (typeof finding.category !== 'string') throw cannotEncode('finding.category is no string');
  return finding;
}

/** Encodes a finding. Throws `E_FINDING_ENCODE`, `E_FINDING_TOO_LARGE`. */
export function encodeFinding(finding: IdentifiedFinding, format: FindingFormat): Uint8Array {
  const value = encode(finding, format.encoding);
  if (value.length <= format.findingBytesMax) return value;
  throw tooLarge(`the finding has ${value.length} bytes`, format.findingBytesMax);
}

function encode(finding: IdentifiedFinding, encoding: 'json' | 'msgpack'): Uint8Array {
  try {
    return encoding === 'json' ? Buffer.from(JSON.stringify(finding)) : packMsgpack(finding);
  } catch (error) {
    throw cannotEncode(describe(error).split('\n', 1)[0] ?? '');
  }
}

function plainFinding(custom: unknown, findingBytesMax: number): Readonly<Record<string, unknown>> {
  if (!isPlainObject(custom)) throw cannotEncode(`it is ${kindOf(custom)}, not a plain object`);
  try {
    // Each value takes at least two bytes of JSON, one of msgpack.
    return { ...(toPlain(custom, 'finding', findingBytesMax) as object) };
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(describe(error), findingBytesMax);
    throw cannotEncode(describe(error));
  }
}

type Described = Pick<FindingEnvelope, 'app' | 'platform' | 'os' | 'device' | 'user' | 'scene'>;

function fromDimensions(dimensions: Dimensions): Described {
  const app = present(dimensions, [
    ['id', 'app_id'],
    ['version', 'app_version'],
    ['build', 'build_id'],
  ]);
  const device = present(dimensions, [
    ['model', 'device_model'],
    ['id', 'device_id'],
  ]);
  const rest = present(dimensions, [
    ['platform', 'platform'],
    ['os', 'os_version'],
    ['user', 'user_id'],
    ['scene', 'scene'],
  ]);
  return { ...(app && { app }), ...rest, ...(device && { device }) };
}

/** The named dimensions that are there, under their names in the finding; nothing where none is. */
function present(
  dimensions: Dimensions,
  names: readonly (readonly [string, string])[],
): Record<string, string> | undefined {
  let result: Record<string, string> | undefined;
  for (const [name, dimension] of names) {
    const value = text(dimensions[dimension]);
    if (value !== undefined) (result ??= {})[name] = value;
  }
  return result;
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an instance of a class' : `a ${typeof value}`;
}

function cannotEncode(why: string): EngineError {
  return new EngineError('E_FINDING_ENCODE', `the finding cannot be encoded: ${why}`);
}

function tooLarge(what: string, findingBytesMax: number): EngineError {
  return new EngineError('E_FINDING_TOO_LARGE', `${what}, limits.findingBytesMax is ${findingBytesMax}`);
}
