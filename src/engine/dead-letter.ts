/**
 * dead-letter: what cannot be analysed is published, with where it came from and why it failed.
 *
 * The value is kept, up to a limit, with its key and headers; it is never looked into.
 */
import type { Fault } from '../model/errors.ts';
import { outputTopic } from '../model/output-topic.ts';
import { isoTime } from '../model/time.ts';
import type { Work } from './lane.ts';
import { ourHeader, passedOn } from './headers.ts';
import { Outgoing } from './publish.ts';

/** Longest error text that a header carries, characters. */
const ERROR_LENGTH_MAX = 1000;
const NO_VALUE = new Uint8Array(0);

/** Makes the dead letter of a delivery; `valueBytesMax` bounds the value that it keeps. */
export function deadLetter(work: Work, fault: Fault, valueBytesMax: number): Outgoing {
  const { delivery, lane } = work;
  const value = delivery.value ?? NO_VALUE;
  const headers = [
    ...passedOn(delivery.headers),
    ourHeader('code', fault.code),
    ourHeader('error', fault.message.slice(0, ERROR_LENGTH_MAX)),
    ourHeader('attempts', String(work.attempt)),
    ourHeader('task', lane.owner.task.name),
    ourHeader('source-topic', delivery.topic),
    ourHeader('source-partition', String(delivery.partition)),
    ourHeader('source-offset', String(delivery.offset)),
    ourHeader('first-seen', isoTime(delivery.timestampMs)),
  ];
  const sha256 = fault.details?.['sha256'];
  if (typeof sha256 === 'string') headers.push(ourHeader('value-sha256', sha256));
  if (value.length > valueBytesMax) headers.push(ourHeader('value-bytes', String(value.length)));
  return new Outgoing(work, {
    topic: outputTopic(lane.owner.task.outputs.deadLetters, {
      topic: delivery.topic,
      task: lane.owner.task.name,
      category: 'unknown',
    }),
    value: value.length > valueBytesMax ? value.subarray(0, valueBytesMax) : value,
    headers,
    isDeadLetter: true,
    memory: null,
  });
}
