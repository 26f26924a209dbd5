/** What can be said of records before they are written, whatever the state of the disk. Pure. */
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';
import type { BlockRecord } from './block.ts';
import { isTopicName } from './topics.ts';

/** A record and its topic. */
export interface AppendRecord extends BlockRecord {
  readonly topic: string;
}

/** Records that can be written, and what became of the others. */
export interface Judged {
  /** `results[i]` belongs to the i-th record; `null`: it can be written. */
  readonly results: readonly PublishResult[];
  /** Those that can be written. */
  readonly records: readonly AppendRecord[];
  /** Their topics. */
  readonly topics: ReadonlySet<string>;
  /** Bytes of their keys, values and headers. */
  readonly bytes: number;
}

/** Refuses, for good, records that no log can have or that are larger than `recordBytesMax`. */
export function judge(records: readonly AppendRecord[], recordBytesMax: number): Judged {
  const topics = new Set<string>();
  let bytes = 0;
  let refused = 0;
  const results = records.map((record) => {
    const size = recordBytes(record);
    const refusal = judgeOne(record, size, recordBytesMax);
    if (refusal === null) {
      topics.add(record.topic);
      bytes += size;
    } else {
      refused += 1;
    }
    return refusal;
  });
  const taken = refused === 0 ? records : records.filter((_, i) => results[i] === null);
  return { results, records: taken, topics, bytes };
}

function judgeOne({ topic }: AppendRecord, bytes: number, recordBytesMax: number): PublishResult {
  if (!isTopicName(topic)) {
    return new EngineError('E_SINK_REJECTED', `${JSON.stringify(topic)} cannot be the name of a topic`);
  }
  if (bytes <= recordBytesMax) return null;
  const message = `a record of ${bytes} bytes for topic ${topic} is larger than ${recordBytesMax}`;
  return new EngineError('E_RECORD_TOO_LARGE', message, { details: { topic, bytes, recordBytesMax } });
}

/** A name counts its characters. */
function recordBytes({ key, value, headers }: AppendRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, header] of headers) bytes += name.length + header.length;
  return bytes;
}
