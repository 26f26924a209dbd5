/**
 * The trace: one line a fact, with its virtual time, hashed as it grows. Two runs of one seed must
 * give the same hash, byte for byte; the lines themselves are kept only when asked for.
 */
import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Batch, DeliveryResult } from '../../src/model/batch.ts';
import type { Position, Publication, TopicPartition } from '../../src/model/delivery.ts';
import type { ProbeEvent } from '../../src/ports/probe.ts';
import type { PublishResult } from '../../src/ports/sink.ts';
import type { Transaction } from '../../src/ports/transactions.ts';
import type { Fact } from './facts.ts';
import { headerOf } from './finding.ts';
import { ID_HEADER, recordOf } from './plan.ts';

/** Characters gathered before they are hashed. */
const CHUNK_LENGTH = 1 << 14;

/** Grows by a line, knows its hash. */
export class Trace {
  readonly #hash: Hash = createHash('sha256');
  readonly #onLine: ((line: string) => void) | null;
  #chunk = '';

  /** `onLine` is for people who look on. */
  constructor(onLine: ((line: string) => void) | null) {
    this.#onLine = onLine;
  }

  add(nowMs: number, fact: Fact): void {
    this.note(`${nowMs} ${describeFact(fact)}`);
  }

  note(line: string): void {
    this.#chunk += `${line}\n`;
    this.#onLine?.(line);
    if (this.#chunk.length > CHUNK_LENGTH) this.#flush();
  }

  /** Ends the trace. */
  digest(): string {
    this.#flush();
    return this.#hash.digest('hex').slice(0, 16);
  }

  #flush(): void {
    this.#hash.update(this.#chunk);
    this.#chunk = '';
  }
}

/** A fact in one line. */
function describeFact(fact: Fact): string {
  switch (fact.type) {
    case 'started':
      return `process ${fact.process} starts`;
    case 'ended':
      return `process ${fact.process} ${fact.how}: ${fact.reason}, ${fact.unfinished} unfinished`;
    case 'drain-asked':
      return `drain: ${fact.reason}`;
    case 'healed':
    case 'mended':
      return fact.type;
    case 'fault':
      return `fault: ${fact.what}`;
    case 'stopped':
      return `process stands still for ${fact.forMs} ms`;
    case 'assigned':
    case 'lost':
    case 'revoking':
      return `${fact.group} ${fact.type} ${partitions(fact.partitions)}`;
    case 'let-go':
      return `${fact.group} lets go ${partitions(fact.partitions)} after ${fact.elapsedMs} ms`;
    case 'pull-asked':
      return `${fact.group} pull ${fact.limit.deliveriesMax} ${fact.limit.bytesMax}B ${fact.limit.waitMs}ms`;
    case 'handed-out':
      return `${fact.group} gives ${fact.deliveries.map(recordOf).join(' ')}`;
    case 'pull-failed':
      return `${fact.group} pull fails ${fact.code}`;
    case 'commit-asked':
      return `${fact.group} commit ${positions(fact.positions)}`;
    case 'commit-stored':
      return `${fact.group} stored ${positions(fact.positions)}`;
    case 'commit-hangs':
      return `${fact.group} commit hangs ${positions(fact.positions)}`;
    case 'metadata-lost':
      return `${fact.group} metadata lost ${partitions([fact.partition])}`;
    case 'rival-finished':
    case 'rival-stored':
      return `${fact.group} ${fact.type} ${recordOf(fact.position)}`;
    case 'transact-asked':
    case 'transacted':
    case 'transact-answered':
      return `${fact.transaction.group} ${fact.type} ${transaction(fact.transaction)}`;
    case 'transact-failed':
      return `${fact.transaction.group} transaction fails: ${fact.why}`;
    case 'commit-failed':
      return `${fact.group} commit fails: ${fact.why}`;
    case 'dispatched':
      return `slot ${fact.slot} takes batch ${fact.batch.id}: ${items(fact.batch)}`;
    case 'returned':
      return `slot ${fact.slot} returns batch ${fact.batch.id}: ${results(fact.results)}`;
    case 'resizing':
    case 'resized':
    case 'resize-failed':
      return `pool ${fact.type} to ${fact.slots}`;
    case 'thread-lost':
      return `slot ${fact.slot} loses its thread: ${fact.why}`;
    case 'publish-asked':
      return `sink asked #${fact.request}: ${fact.publications.map(publication).join(' ')}`;
    case 'written':
      return `sink writes ${publication(fact.publication)}`;
    case 'answered':
      return `sink answers #${fact.request}: ${answers(fact.results)}`;
    case 'probe':
      return `probe ${probe(fact.event)}`;
  }
}

function partitions(list: readonly TopicPartition[]): string {
  return list.map(({ topic, partition }) => `${topic}/${partition}`).join(' ');
}

function positions(list: readonly Position[]): string {
  return list.map(recordOf).join(' ');
}

function transaction({ positions: moved, publications }: Transaction): string {
  return `${positions(moved)}: ${publications.map(publication).join(' ')}`;
}

function items({ items: list }: Batch): string {
  return list.map(({ delivery, attempt, task }) => `${recordOf(delivery)}#${task}.${attempt}`).join(' ');
}

function results(list: readonly DeliveryResult[]): string {
  return list
    .map((result) => (result.status === 'done' ? `done${result.findings.length}` : result.status))
    .join(' ');
}

function answers(list: readonly PublishResult[]): string {
  return list.map((result) => (result === null ? 'ok' : result.code)).join(' ');
}

function publication(each: Publication): string {
  return `${each.topic}:${headerOf(each, ID_HEADER) ?? '?'}`;
}

/** What a port's fact has told already is only named. */
function probe(event: ProbeEvent): string {
  switch (event.type) {
    case 'consumed':
    case 'dispatched':
    case 'outcome':
      return event.type;
    default:
      return JSON.stringify(event);
  }
}
