/** What can be said of publications before anything is sent, whatever the state of the brokers. Pure. */
import type { Publication } from '../../model/delivery.ts';
import { EngineError } from '../../model/errors.ts';
import type { PublishResult } from '../../ports/sink.ts';

/** Names that brokers take (org.apache.kafka.common.internals.Topic). */
const TOPIC_NAME = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/** The last name that was looked at and is one: most publications have the name of the one before. */
let goodName = '';

/** Refuses, for good, names that no topic can have and records larger than `recordBytesMax`. */
export function judge(publication: Publication, recordBytesMax: number): PublishResult {
  const { topic } = publication;
  if (topic !== goodName) {
    if (!TOPIC_NAME.test(topic))
      return new EngineError('E_SINK_REJECTED', `${JSON.stringify(topic)} cannot be the name of a topic`);
    goodName = topic;
  }
  const bytes = recordBytes(publication);
  if (bytes <= recordBytesMax) return null;
  const message = `a record of ${bytes} bytes for topic ${topic} is larger than ${recordBytesMax}`;
  return new EngineError('E_RECORD_TOO_LARGE', message, { details: { topic, bytes, recordBytesMax } });
}

/** A name counts its characters. */
function recordBytes({ key, value, headers }: Publication): number {
  let bytes = (key?.length ?? 0) + value.length;
  for (const [name, header] of headers) bytes += name.length + header.length;
  return bytes;
}
