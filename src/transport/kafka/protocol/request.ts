/**
 * A request of ours in the shape that kafkajs sends, for what it cannot say or does not decode as
 * needed: where one partition's error must not hide the others, or bytes must stay bytes.
 *
 * Formats: https://kafka.apache.org/protocol
 */
import { EngineError } from '../../../model/errors.ts';
import type { Broker, ProtocolRequest } from '../internals.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** An answer as decoded: kafkajs looks at how long the broker asks to be left alone. */
export interface Throttled<Answer> {
  readonly clientSideThrottleTime: number;
  readonly answer: Answer;
}

/** One request. */
export interface RequestSpec<Answer> {
  readonly api: Api;
  readonly version: number;
  /** Whether request and answer have tagged fields. */
  readonly isFlexible?: boolean;
  readonly write: (writer: Writer) => void;
  /** What follows the throttle time, which all answers begin with. */
  readonly read: (reader: Reader) => Answer;
  /** How long the broker may wait by itself, milliseconds; else its limit is the usual one. */
  readonly waitMs?: number;
}

/** A kind of request and the versions of it that are spoken here. */
export interface Api {
  readonly key: number;
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

/** Network and work that a broker's own waiting does not count, milliseconds. */
const MARGIN_MS = 5000;

/** The newest version that both sides speak. Throws `E_KAFKA_VERSION`. */
export function versionOf({ key, name, min, max }: Api, { versions }: Broker): number {
  const spoken = versions?.[key];
  const version = Math.min(max, spoken?.maxVersion ?? -1);
  if (version >= min && version >= (spoken?.minVersion ?? 0)) return version;
  const theirs = spoken === undefined ? 'nothing of it' : `${spoken.minVersion} to ${spoken.maxVersion}`;
  throw new EngineError(
    'E_KAFKA_VERSION',
    `${name} is spoken here in versions ${min} to ${max}, and the broker speaks ${theirs}`,
  );
}

/** Makes it. */
export function protocolRequest<Answer>(
  spec: RequestSpec<Answer>,
): ProtocolRequest<Throttled<Answer>, Answer> {
  const isFlexible = spec.isFlexible ?? false;
  return {
    request: {
      apiKey: spec.api.key,
      apiName: spec.api.name,
      apiVersion: spec.version,
      // kafkajs writes a header without tagged fields: they begin the body instead, to the same bytes.
      encode: async () => {
        const writer = new Writer();
        if (isFlexible) writer.noTags();
        spec.write(writer);
        return writer;
      },
    },
    response: {
      decode: async (bytes) => {
        const reader = new Reader(bytes);
        if (isFlexible) reader.skipTags();
        return { clientSideThrottleTime: reader.int32(), answer: spec.read(reader) };
      },
      parse: async ({ answer }) => answer,
    },
    ...(spec.waitMs === undefined ? {} : { requestTimeout: spec.waitMs + MARGIN_MS }),
  };
}
