/** DescribeConfigs: settings of a topic or of a broker, as they count there. */
import type { Broker } from '../internals.ts';
import { protocolRequest, versionOf } from './request.ts';

/** Whose settings; a broker is asked for its own. */
export interface ConfigOf {
  readonly kind: 'topic' | 'broker';
  /** The topic, or the broker's number. */
  readonly name: string;
}

/** What is told. */
export interface DescribedConfig {
  /** Kafka's error code, 0 for none. */
  readonly error: number;
  readonly values: ReadonlyMap<string, string>;
}

const API = { key: 32, name: 'DescribeConfigs', min: 1, max: 2 };
const KINDS = { topic: 2, broker: 4 } as const;

/** Asks for some settings by their names. */
export async function askConfig(
  broker: Broker,
  { kind, name }: ConfigOf,
  settings: readonly string[],
): Promise<DescribedConfig> {
  const [described] = await broker.connectionPool.send(
    protocolRequest({
      api: API,
      version: versionOf(API, broker),
      write: (writer) => {
        writer.array([name], () => {
          writer
            .int8(KINDS[kind])
            .string(name)
            .array(settings, (setting) => writer.string(setting));
        });
        writer.int8(0); // nothing of where they come from
      },
      read: (reader) =>
        reader.array((): DescribedConfig => {
          const error = reader.int16();
          reader.nullableString(); // the error in words
          reader.int8();
          reader.string();
          const entries = reader.array(() => {
            const entry = [reader.string(), reader.string()] as const;
            reader.int8(); // read-only
            reader.int8(); // where it comes from
            reader.int8(); // secret
            reader.array(() => {
              reader.string();
              reader.nullableString();
              reader.int8();
            });
            return entry;
          });
          return { error, values: new Map(entries) };
        }),
    }),
  );
  return described ?? { error: 0, values: new Map() };
}
