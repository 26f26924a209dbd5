/** How a run ends: in order, at once, or by `kill -9`; and what the next one finds. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateEvents, type GeneratedEvent } from '../../src/load/generate.ts';
import { judge, type Verdict } from '../chaos/ledger.ts';
import { analyzerPath, order } from '../helpers/batches.ts';
import { faultline } from '../helpers/command.ts';
import { eventually } from '../helpers/eventually.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { running } from './running.ts';
import { countOf, figuresOf, fill, headersOf, jsonOf, lagOf, recordsOf, withLog } from './support.ts';

const EVENTS = 20_000;
/** What a kill may make seen twice: the defaults of `aheadMax` and `pull.deliveries`. */
const REPEATED_MAX = 20_000 + 2_000;

const SLOW = `
system: { threads: 2, shutdown: { drainMs: 60000 } }
tasks:
  one: { topics: ^one$, analyzer: ${analyzerPath('obedient.ts')}, eventTimeoutMs: 600000 }
  two: { topics: ^two$, analyzer: ${analyzerPath('obedient.ts')}, eventTimeoutMs: 600000 }
`;

test('SIGTERM in the middle ends in order, kill -9 anywhere: nothing is lost, keys stay in order, after SIGTERM nothing is repeated', async (t) => {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const summary = join(dir, 'summary.json');
  const events = [...generateEvents({ count: EVENTS, keys: 200, zipf: 1, duplicates: 0, seed: 7, start: 0 })];
  await withLog(log, (store) => appendAll(store, events), { partitions: 3 });
  const flags = ['run', '--data', log, '--threads', '2', '--log-level', 'warn'];

  const first = running(t, ...flags, '--summary', summary);
  await published(log, 500);
  first.kill('SIGTERM');
  const ordered = await first.end();
  const afterOrdered = { findings: await countOf(log, 'faultline-findings'), ...(await lagOf(log)) };

  const second = running(t, ...flags);
  await published(log, afterOrdered.findings + 500);
  second.kill('SIGKILL');
  const killed = await second.end();
  const afterKill = { findings: await countOf(log, 'faultline-findings'), ...(await lagOf(log)) };

  const last = await faultline(...flags, '--until-idle');
  const verdict = await verdictOf(log, events);

  assert.equal(ordered.code, 0, ordered.err);
  assert.ok(afterOrdered.committed < EVENTS, 'it was in the middle');
  assert.equal(afterOrdered.findings, afterOrdered.committed);
  const { consumed, committed, unfinished } = figuresOf(summary);
  assert.deepEqual({ committed, unfinished }, { committed: consumed, unfinished: 0 });
  assert.equal(consumed, afterOrdered.committed);
  assert.equal(killed.signal, 'SIGKILL');
  assert.ok(afterKill.committed <= afterKill.findings, 'what is committed is published');
  assert.equal(last.code, 0, last.err);
  assert.deepEqual(await lagOf(log), { lag: 0, committed: EVENTS });
  const { lost, unknown, disordered, duplicates } = verdict;
  assert.deepEqual({ lost, unknown, disordered }, { lost: [], unknown: [], disordered: [] });
  const uncommitted = afterKill.findings - afterKill.committed;
  assert.ok(duplicates <= uncommitted, `${duplicates} repeated, ${uncommitted} were left uncommitted`);
  assert.ok(duplicates <= REPEATED_MAX);
});

test('tasks of different topics work side by side; an exit waits for analyzers at work, not for ever, and a second signal not at all', async (t) => {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const config = join(dir, 'slow.yaml');
  writeFileSync(config, SLOW);
  const flags = ['run', '--config', config, '--data', log, '--log-level', 'trace'];
  const pause = (ms: number) => [{ key: 'k', value: order('pause', ms) }];
  await fill(log, { one: pause(1000), two: pause(1000) });

  const patient = running(t, ...flags);
  await eventually('both tasks at work', () => dispatches(patient.log()).length === 2);
  patient.kill('SIGTERM');
  const waited = await patient.end();
  const findings = await countOf(log, 'faultline-findings');

  await fill(log, { one: pause(600_000) });
  const bounded = running(t, ...flags, '--shutdown-drain-ms', '50');
  await bounded.logged('dispatched');
  bounded.kill('SIGTERM');
  const overdue = await bounded.end();

  const stubborn = running(t, ...flags);
  await stubborn.logged('dispatched');
  stubborn.kill('SIGTERM');
  await stubborn.logged('draining');
  stubborn.kill('SIGINT');
  const cut = await stubborn.end();

  assert.equal(waited.code, 0, waited.err);
  assert.deepEqual(new Set(dispatches(patient.log()).map(({ slot }) => slot)), new Set([0, 1]));
  const story = patient
    .log()
    .flatMap(({ event }) => (/^(dispatched|draining|outcome)$/.test(event) ? [event] : []));
  assert.deepEqual(story, ['dispatched', 'dispatched', 'draining', 'outcome', 'outcome']);
  assert.equal(findings, 2);
  assert.equal(overdue.code, 1);
  assert.match(overdue.err, /^faultline run: 1 delivery unfinished after 50 ms; not committed$/m);
  assert.equal(cut.code, null, 'it ends by the signal');
  assert.match(cut.err, /^SIGINT after SIGTERM: ending at once/m);
  assert.equal(await countOf(log, 'faultline-findings'), 2);
  assert.deepEqual(await lagOf(log), { lag: 1, committed: 2 });
});

function dispatches(lines: ReturnType<ReturnType<typeof running>['log']>) {
  return lines.filter(({ event }) => event === 'dispatched');
}

async function appendAll(
  store: Parameters<Parameters<typeof withLog>[1]>[0],
  events: readonly GeneratedEvent[],
): Promise<void> {
  for (const topic of new Set(events.map((event) => event.topic))) {
    const records = events.filter((event) => event.topic === topic);
    await store.append(
      topic,
      records.map(({ key, value, timestampMs }) => ({ key, value, headers: [], timestampMs })),
    );
  }
}

function published(log: string, count: number): Promise<true> {
  return eventually(`${count} findings`, async () => (await countOf(log, 'faultline-findings')) >= count);
}

async function verdictOf(log: string, events: readonly GeneratedEvent[]): Promise<Verdict> {
  const entries = events.map(({ id, topic, key }) => ({
    id,
    topic,
    key: Buffer.from(key).toString('latin1'),
  }));
  const outputs = await recordsOf(log, 'faultline-findings');
  return judge(
    entries,
    outputs.map((record) => ({
      id: headersOf(record)['faultline-id'] ?? String(jsonOf(record)['id']),
      to: record.topic,
    })),
  );
}
