/**
 * The findings of the simulated world: their bytes say whose they are, so that the sink and the
 * checkers can read them back.
 */
import type { EncodedFinding } from '../../src/model/batch.ts';
import type { Delivery, Publication } from '../../src/model/delivery.ts';
import type { Task } from '../../src/model/task.ts';
import type { Behaviour } from './behaviour.ts';
import { endingOf } from './behaviour.ts';
import type { Plan } from './plan.ts';
import { ID_HEADER, recordOf } from './plan.ts';

/** The finding `number` of a record by a task. */
export function encodeFinding(task: Task, record: string, number: number): EncodedFinding {
  const id = Buffer.from(`${task.name} ${record} ${number}`);
  return { id, value: id, category: 'SIM' };
}

/** Whose finding it is; `null` when it is no finding of the plan's tasks. */
export function parseFinding(
  plan: Plan,
  { topic, value }: Publication,
): { readonly task: Task; readonly record: string; readonly number: number } | null {
  const task = plan.tasks.find(({ outputs }) => outputs.findings === topic);
  if (task === undefined) return null;
  const [name, record, number] = Buffer.from(value).toString().split(' ');
  if (name !== task.name || record === undefined || !/^\d$/.test(number ?? '')) return null;
  return { task, record, number: Number(number) };
}

/** Whose dead letter it is; `null` when it is none of the plan's tasks. */
export function parseDeadLetter(
  plan: Plan,
  publication: Publication,
): { readonly task: Task; readonly record: string; readonly code: string } | null {
  const task = plan.tasks.find(({ outputs }) => outputs.deadLetters === publication.topic);
  const record = headerOf(publication, ID_HEADER);
  if (task === undefined || record === null) return null;
  return { task, record, code: headerOf(publication, 'faultline-code') ?? '' };
}

/** What a record comes to under a task, as another member of the group would write it. */
export function outputsOf(task: Task, delivery: Delivery, behaviour: Behaviour): Publication[] {
  const { key, headers, timestampMs } = delivery;
  const letter: Publication = {
    topic: task.outputs.deadLetters,
    key,
    value: new Uint8Array(),
    headers: [...headers, ['faultline-code', Buffer.from('E_EVENT_ANALYZE')]],
    timestampMs,
  };
  switch (endingOf(behaviour, task)) {
    case 'finished':
      return [];
    case 'dead-letter':
      return [letter];
    case 'findings':
      return Array.from({ length: behaviour.findings }, (_, number) => {
        if (behaviour.refused.has(number)) return letter;
        const { value } = encodeFinding(task, recordOf(delivery), number);
        return { topic: task.outputs.findings, key, value, headers, timestampMs };
      });
  }
}

/** The bytes that say whose delivery it is, or whose output. */
export function idBytesOf({ headers }: Pick<Delivery, 'headers'>): Uint8Array | undefined {
  return headers.find(([name]) => name === ID_HEADER)?.[1];
}

/** A header's text. */
export function headerOf(publication: Publication, name: string): string | null {
  const header = publication.headers.find(([present]) => present === name);
  return header === undefined ? null : Buffer.from(header[1]).toString();
}
