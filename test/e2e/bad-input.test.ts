/**
 * What fails how, by the command itself: one run over a log that holds every kind of bad event, each
 * between two good ones of its key and partition.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Delivery } from '../../src/model/delivery.ts';
import { isoTime } from '../../src/model/time.ts';
import { faultline, type Ended } from '../helpers/command.ts';
import { analyzerPath, order } from '../helpers/batches.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { BAD_EVENTS, CONFIG, goodEvent, type BadEvent } from './bad-events.ts';
import {
  countOf,
  figuresOf,
  fill,
  headersOf,
  jsonOf,
  keyOf,
  lagOf,
  recordsOf,
  type RawRecord,
} from './support.ts';

const DEAD_LETTER_BYTES_MAX = 1_000_000;
const SOME_TIME_MS = Date.UTC(2026, 10, 20, 8, 15, 30, 123);

/** What came out for one key. */
interface Came {
  readonly findings: readonly Delivery[];
  readonly deadLetters: readonly Delivery[];
}

describe('one run over every kind of bad event', () => {
  const dir = mkdtempSync(join(tmpdir(), 'faultline-test-'));
  const log = join(dir, 'log');
  const summary = join(dir, 'summary.json');
  const came = new Map<string, { findings: Delivery[]; deadLetters: Delivery[] }>();
  let ran: Ended;

  before(async () => {
    const config = join(dir, 'faultline.yaml');
    writeFileSync(config, CONFIG);
    await fill(log, byTopic());

    ran = await faultline(
      'run',
      '--config',
      config,
      '--data',
      log,
      '--threads',
      '2',
      '--until-idle',
      '--summary',
      summary,
    );

    assert.equal(ran.code, 0, ran.err);
    for (const { name } of BAD_EVENTS) came.set(name, { findings: [], deadLetters: [] });
    for (const finding of await recordsOf(log, 'faultline-findings')) cameFor(finding).findings.push(finding);
    for (const letter of await recordsOf(log, 'faultline-dead-letters'))
      cameFor(letter).deadLetters.push(letter);
  });

  after(() => rmSync(dir, { recursive: true, force: true }));

  function cameFor(delivery: Delivery): { findings: Delivery[]; deadLetters: Delivery[] } {
    const entry = came.get(keyOf(delivery) ?? '');
    assert.ok(entry, `the key ${keyOf(delivery)} went in`);
    return entry;
  }

  test('it ends well, and every delivery is accounted for', async () => {
    const figures = figuresOf(summary);
    const { consumed, published, finished, deadLettered, unfinished, committed, byCode } = figures;
    const expected = BAD_EVENTS.flatMap(({ becomes }) =>
      typeof becomes === 'object' && 'deadLetter' in becomes ? [becomes.deadLetter] : [],
    );
    const silent = BAD_EVENTS.filter(({ becomes }) => becomes === 'nothing').length;

    assert.equal(consumed, 3 * BAD_EVENTS.length);
    assert.equal(consumed, published + finished + deadLettered);
    assert.deepEqual(
      { finished, deadLettered, unfinished, committed },
      {
        finished: silent,
        deadLettered: expected.length,
        unfinished: 0,
        committed: consumed,
      },
    );
    assert.deepEqual(byCode, counts(expected));
    assert.deepEqual(await lagOf(log), { lag: 0, committed: consumed });
  });

  for (const bad of BAD_EVENTS) {
    test(`${bad.name}: ${outcome(bad)}, and its neighbours are processed in order`, () => {
      const of = came.get(bad.name);
      assert.ok(of);
      const isFinding = typeof bad.becomes === 'object' && 'finding' in bad.becomes;

      const places = of.findings.map((finding) =>
        Number((jsonOf(finding)['source'] as { offset: number }).offset),
      );
      const first = places[0] ?? -1;
      assert.deepEqual(places, isFinding ? [first, first + 1, first + 2] : [first, first + 2]);
      assertCame(bad, of, first + 1);
    });
  }

  test('nothing of a payload and no stack is in the log of the process', () => {
    assert.doesNotMatch(ran.err, /com\.example\.shop\.Cart|unexpected|at .*\.ts:/);
  });
});

test('a finding that the log refuses for good becomes a dead letter; a refused dead letter ends the run, uncommitted', async (t) => {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const config = join(dir, 'faultline.yaml');
  writeFileSync(
    config,
    'tasks: { a: { topics: ^in$, analyzer: crash, outputs: { findings: "out-{category}" } } }',
  );
  const flags = ['--config', config, '--data', log, '--threads', '1', '--until-idle'];
  const event = (category: string): string => JSON.stringify({ category, profile_data: 'x' });
  await fill(log, {
    in: [
      { key: 'k', value: event('GOOD') },
      { key: 'k', value: event('C'.repeat(300)) },
    ],
  });

  const first = await faultline('run', ...flags);
  const [letter] = await recordsOf(log, 'faultline-dead-letters');
  const longest = 'i'.padEnd(249, 'n');
  const named = join(dir, 'named.yaml');
  writeFileSync(
    named,
    'tasks: { a: { topics: ^in, analyzer: crash, outputs: { deadLetters: "dead-{topic}" } } }',
  );
  await fill(log, { [longest]: [{ key: 'k', value: 'not an event' }] });
  const second = await faultline('run', ...flags, '--config', named);

  assert.equal(first.code, 0, first.err);
  assert.ok(letter);
  assert.equal(headersOf(letter)['faultline-code'], 'E_SINK_REJECTED');
  assert.equal(second.code, 1);
  assert.match(
    second.err,
    /^faultline run: "dead-in+" cannot be the name of a topic\n.*\(E_SINK_REJECTED\)$/m,
  );
  assert.equal((await lagOf(log)).committed, 2, 'only what the first run finished');
  assert.equal(await countOf(log, 'faultline-dead-letters'), 1);
});

test('a task that stops when retries are spent ends the run, names the delivery, and does not commit it', async (t) => {
  const dir = temporaryDirectory(t);
  const log = join(dir, 'log');
  const config = join(dir, 'faultline.yaml');
  const retry = 'retry: { max: 1, backoffMs: 1, onExhausted: stop }';
  writeFileSync(config, `tasks: { a: { topics: ^in$, analyzer: ${analyzerPath('obedient.ts')}, ${retry} } }`);
  await fill(log, {
    in: [
      { key: 'k', value: order('find', { kind: 'x' }) },
      { key: 'k', value: order('throw', 'no more') },
    ],
  });

  const { code, err } = await faultline(
    'run',
    '--config',
    config,
    '--data',
    log,
    '--threads',
    '1',
    '--until-idle',
  );

  assert.equal(code, 1);
  assert.match(err, /^faultline run: in\/0@1: no more\n.*\(E_RETRY_EXHAUSTED\)$/m);
  assert.equal(await countOf(log, 'faultline-dead-letters'), 0);
  assert.ok((await lagOf(log)).committed <= 1);
});

/** The cases as records: before, bad, after, of one key. */
function byTopic(): Readonly<Record<string, readonly RawRecord[]>> {
  const topics: Record<string, RawRecord[]> = {};
  for (const { name, topic, value, headers } of BAD_EVENTS) {
    const good = (id: string): RawRecord => ({
      key: name,
      value: goodEvent(topic, id),
      timestampMs: SOME_TIME_MS,
    });
    const bad = { key: name, value, timestampMs: SOME_TIME_MS, ...(headers && { headers }) };
    (topics[topic] ??= []).push(good('before'), bad, good('after'));
  }
  return topics;
}

function outcome({ becomes }: BadEvent): string {
  if (becomes === 'nothing') return 'finishes without a word';
  return 'deadLetter' in becomes ? becomes.deadLetter : 'a finding';
}

function counts(codes: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...new Set(codes)].map((code) => [code, codes.filter((other) => other === code).length]),
  );
}

function assertCame(bad: BadEvent, { findings, deadLetters }: Came, offset: number): void {
  const { becomes } = bad;
  if (becomes === 'nothing') {
    assert.deepEqual(deadLetters, []);
  } else if ('finding' in becomes) {
    assert.deepEqual(deadLetters, []);
    const [, finding] = findings;
    assert.ok(finding);
    assertFinding(finding, becomes.finding);
  } else {
    const [letter, ...more] = deadLetters;
    assert.ok(letter);
    assert.deepEqual(more, []);
    assertDeadLetter(bad, letter, { ...becomes, offset });
  }
}

function assertFinding(record: Delivery, problem: string | null): void {
  const { problems = [], user } = jsonOf(record) as { problems?: { code: string }[]; user?: string };
  const codes = problems.map(({ code }) => code);
  assert.equal(user, undefined);
  if (problem === null) assert.deepEqual(codes, []);
  else if (problem !== 'whatever is wrong') assert.ok(codes.includes(problem), `problems: ${codes.join()}`);
}

/** Exactly these headers; the value kept as it came, up to the limit. */
function assertDeadLetter(
  { topic, value, headers = {} }: BadEvent,
  letter: Delivery,
  {
    deadLetter,
    error,
    attempts = 1,
    offset,
  }: { deadLetter: string; error: RegExp; attempts?: number; offset: number },
): void {
  const bytes = Buffer.from(value ?? '');
  const passed = Object.entries(headers).map(([name, text]) => [
    name.replace(/^faultline-/, 'faultline-original-'),
    text,
  ]);
  const { 'faultline-error': message = '', ...rest } = headersOf(letter);

  assert.match(message, error);
  assert.deepEqual(rest, {
    ...Object.fromEntries(passed),
    'faultline-code': deadLetter,
    'faultline-attempts': String(attempts),
    'faultline-task': topic.replace('app-', ''),
    'faultline-source-topic': topic,
    'faultline-source-partition': '0',
    'faultline-source-offset': String(offset),
    'faultline-first-seen': isoTime(SOME_TIME_MS),
    ...(deadLetter === 'E_EVENT_TOO_LARGE' && { 'faultline-value-sha256': hash('sha256', bytes) }),
    ...(bytes.length > DEAD_LETTER_BYTES_MAX && { 'faultline-value-bytes': String(bytes.length) }),
  });
  assert.ok(bytes.subarray(0, DEAD_LETTER_BYTES_MAX).equals(letter.value ?? Buffer.alloc(0)));
  assert.equal(letter.timestampMs, SOME_TIME_MS);
}
