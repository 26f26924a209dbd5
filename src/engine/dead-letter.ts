/**
 * dead-letter: what cannot be analysed is published, with where it came from and why it failed.
 *
 * The value is kept, up to a limit, with its key and headers; it is never looked into.
 */
import type { Headers } from '../model/delivery.ts';
import type { Fault } from '../model/errors.ts';
import { outputTopic } from '../model/output-topic.ts';
import { isoTime } from '../model/time.ts';
import type { Work } from './lane.ts';
import { ourHeader, passedOn } from './headers.ts';
import { Outgoing } from './publish.ts';

/** Longest error text that a header carries, characters. */
const ERROR_LENGTH_MAX = 1000;
const NO_VALUE = new Uint8Array(0);

/** A dead letter on its way; `valueBytesMax` bounds the value that it keeps. */
export class DeadLetter extends Outgoing {
  readonly isDeadLetter = true;
  readonly #fault: Fault;
  readonly #attempts: number;

  constructor(work: Work, fault: Fault, valueBytesMax: number) {
    const { delivery, lane } = work;
    const { task } = lane.owner;
    const parts = { topic: delivery.topic, task: task.name, category: 'unknown' };
    super(work, outputTopic(task.outputs.deadLetters, parts), cut(delivery.value, valueBytesMax), null);
    this.#fault = fault;
    this.#attempts = work.attempt;
  }

  protected override makeHeaders(): Headers {
    const { delivery, lane } = this.work;
    const { code, message, details } = this.#fault;
    const headers = [
      ...passedOn(delivery.headers),
      ourHeader('code', code),
      ourHeader('error', message.slice(0, ERROR_LENGTH_MAX)),
      ourHeader('attempts', String(this.#attempts)),
      ourHeader('task', lane.owner.task.name),
      ourHeader('source-topic', delivery.topic),
      ourHeader('source-partition', String(delivery.partition)),
      ourHeader('source-offset', String(delivery.offset)),
      ourHeader('first-seen', isoTime(delivery.timestampMs)),
    ];
    const sha256 = details?.['sha256'];
    if (typeof sha256 === 'string') headers.push(ourHeader('value-sha256', sha256));
    const bytes = delivery.value?.length ?? 0;
    if (this.value.length < bytes) headers.push(ourHeader('value-bytes', String(bytes)));
    return headers;
  }
}

function cut(value: Uint8Array | null, bytesMax: number): Uint8Array {
  if (value === null) return NO_VALUE;
  return value.length > bytesMax ? value.subarray(0, bytesMax) : value;
}
