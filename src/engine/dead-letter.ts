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

/** What a dead letter keeps of its delivery, so that it is never larger than the sink takes. */
export interface DeadLetterLimits {
  readonly valueBytesMax: number;
  /** For the delivery's headers together, and for its key. */
  readonly headerBytesMax: number;
}

/** A dead letter on its way. */
export class DeadLetter extends Outgoing {
  readonly isDeadLetter = true;
  readonly #fault: Fault;
  readonly #attempts: number;
  readonly #limits: DeadLetterLimits;

  constructor(work: Work, fault: Fault, limits: DeadLetterLimits) {
    const { delivery, lane } = work;
    const { task } = lane.owner;
    const parts = { topic: delivery.topic, task: task.name, category: 'unknown' };
    const value = cut(delivery.value, limits.valueBytesMax);
    const key = keyWithin(delivery.key, limits.headerBytesMax);
    super(work, outputTopic(task.outputs.deadLetters, parts), { key, value, memory: null });
    this.#fault = fault;
    this.#attempts = work.attempt;
    this.#limits = limits;
  }

  protected override makeHeaders(): Headers {
    const { delivery, lane } = this.work;
    const { code, message, details } = this.#fault;
    const kept = within(passedOn(delivery.headers), this.#limits.headerBytesMax);
    const headers = [
      ...kept,
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
    if (this.key !== delivery.key) headers.push(ourHeader('key-bytes', String(delivery.key?.length)));
    const dropped = delivery.headers.length - kept.length;
    if (dropped > 0) headers.push(ourHeader('headers-dropped', String(dropped)));
    return headers;
  }
}

/** The first headers that together have at most so many bytes; a name counts its characters. */
function within(headers: Headers, bytesMax: number): Headers {
  let bytes = 0;
  const over = headers.findIndex(([name, value]) => (bytes += name.length + value.length) > bytesMax);
  return over < 0 ? headers : headers.slice(0, over);
}

/** The delivery's, unless it is too long to be kept. */
function keyWithin(key: Uint8Array | null, bytesMax: number): Uint8Array | null {
  return key === null || key.length <= bytesMax ? key : null;
}

function cut(value: Uint8Array | null, bytesMax: number): Uint8Array {
  if (value === null) return NO_VALUE;
  return value.length > bytesMax ? value.subarray(0, bytesMax) : value;
}
