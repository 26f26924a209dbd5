/**
 * What is known of reports changes no result: everything here is run twice, with the memory and without.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import type { Batch, DeliveryResult, Outcome } from '../../../../src/model/batch.ts';
import type { Headers } from '../../../../src/model/delivery.ts';
import { NO_HEADERS } from '../../../../src/model/delivery.ts';
import type { PerfEvent } from '../../../../src/model/event.ts';
import type { AnalysisLimits, TaskAnalysis } from '../../../../src/model/task.ts';
import { loadAnalyzers } from '../../../../src/pool/worker/analyzers.ts';
import { BUILT_IN_ANALYZERS } from '../../../../src/pool/worker/builtin.ts';
import { BatchRunner } from '../../../../src/pool/worker/runner.ts';
import { packBatch } from '../../../../src/wire/batch.ts';
import { HEADERS_OF_ENCODING } from '../../../../src/wire/event.ts';
import { unpackOutcome } from '../../../../src/wire/outcome.ts';
import { analyzerPath, batchOf, LIMITS as DEFAULTS, obedientTask } from '../../../helpers/batches.ts';
import { NO_REPORTS, REPORTS, STACKS, trickyEvent } from '../../wire/tricky-events.ts';

const LIMITS: AnalysisLimits = { ...DEFAULTS, memoBytesMax: 2 ** 20 };
const STACK = STACKS[0] ?? '';
const OTHER = STACKS[1] ?? '';

const CRASH = 0;
const CRASH_EXPLAINED = 1;
const LAG = 2;
const BY_CATEGORY = 3;
const MSGPACK = 4;
const TASKS: readonly TaskAnalysis[] = [
  obedientTask({ name: 'crash', analyzer: 'crash' }),
  obedientTask({ name: 'crash-explained', analyzer: 'crash', explain: true }),
  obedientTask({ name: 'lag', analyzer: 'lag', explain: true }),
  obedientTask({
    name: 'by-category',
    analyzer: 'crash',
    analyzers: { C: 'crash', LAG: 'lag', OWN: analyzerPath('obedient.ts') },
  }),
  obedientTask({ name: 'msgpack', analyzer: 'crash', encoding: 'msgpack' }),
];
const ANALYZERS = await loadAnalyzers(TASKS);

interface Sent {
  readonly value: Uint8Array | string | null;
  readonly task?: number;
  readonly headers?: Headers;
}

/** Outcomes of one thread, batch after batch. */
async function run(batches: readonly Batch[], limits: AnalysisLimits): Promise<readonly Outcome[]> {
  const progress = new Int32Array(1);
  const runner = new BatchRunner({ tasks: TASKS, analyzers: ANALYZERS, limits, progress });
  const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);
  const outcomes: Outcome[] = [];
  for (const batch of batches) {
    outcomes.push(unpackOutcome(await runner.run(packBatch(batch, allocate), allocate)));
  }
  return outcomes;
}

function batchesOf(sent: readonly Sent[], batchLength: number): readonly Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at < sent.length; at += batchLength) {
    const part = sent.slice(at, at + batchLength);
    const { id, items } = batchOf(part.map(({ value }) => value));
    batches.push({
      id,
      items: items.map((item, index) => {
        const { task = CRASH, headers = NO_HEADERS } = part[index] ?? {};
        return { ...item, task, delivery: { ...item.delivery, headers } };
      }),
    });
  }
  return batches;
}

/** All but times, the count of repeats, and the stack of an error, which tells of the caller. */
function comparable({ results, tally, logs }: Outcome): unknown {
  return { results: results.map(comparableResult), tally: { ...tally, repeats: 0 }, logs };
}

function comparableResult(result: DeliveryResult): unknown {
  if (result.status === 'failed') {
    const { fault } = result;
    return { ...fault, details: { ...fault.details, stack: undefined } };
  }
  if (result.status !== 'done') return result;
  return result.findings.map(({ id, value, category }) => [text(id), text(value), category]);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Runs a stream with the memory and without; the outcomes are the same. Returns those with. */
async function same(
  sent: readonly Sent[],
  limits: AnalysisLimits = LIMITS,
  batchLength = 16,
): Promise<{ readonly repeats: number; readonly results: readonly DeliveryResult[] }> {
  const batches = batchesOf(sent, batchLength);
  const without = await run(batches, { ...limits, memoBytesMax: 0 });
  const outcomes = await run(batches, limits);

  assert.deepEqual(outcomes.map(comparable), without.map(comparable));
  assert.ok(without.every(({ tally }) => tally.repeats === 0));
  return {
    repeats: outcomes.reduce((sum, { tally }) => sum + tally.repeats, 0),
    results: outcomes.flatMap(({ results }) => results),
  };
}

function eventWith(report: string, more = ''): string {
  return `{"id":"e1","category":"C"${more},"profile_data":${report}}`;
}

/** A report that is known by now, then what is to be tested. */
function afterKnown(report: string, tested: readonly (string | Uint8Array)[], task = CRASH): readonly Sent[] {
  const known = eventWith(report);
  return [known, known, known, ...tested].map((value) => ({ value, task }));
}

/** Known before, and what follows is a repeat or not. */
async function repeatsAfterKnown(tested: readonly (string | Uint8Array)[], task = CRASH): Promise<number> {
  const { repeats } = await same(afterKnown(STACK, tested, task));
  assert.ok(repeats >= 1);
  return repeats - 1;
}

/** Two reports of one checksum. */
function collision(): readonly [string, string] {
  const met = new Map<number, string>();
  for (let i = 0; ; i += 1) {
    const report = JSON.stringify(`java.lang.Error: ${hash('md5', String(i))}\n\tat com.shop.A.b(A.java:1)`);
    const checksum = crc32(report);
    const other = met.get(checksum);
    if (other !== undefined) return [other, report];
    met.set(checksum, report);
  }
}

describe('results with the memory of reports are those without', () => {
  it('over random streams of events, honest and made to mislead', async () => {
    const sent = fc.record({
      value: trickyEvent,
      task: fc.nat({ max: TASKS.length - 1 }),
      headers: fc.constantFrom(NO_HEADERS, NO_HEADERS, NO_HEADERS, ...Object.values(HEADERS_OF_ENCODING)),
    });
    const large = 2 ** 20;
    const limits = fc.record({
      memoBytesMax: fc.constantFrom(3_000, large),
      findingBytesMax: fc.constantFrom(700, large, large),
      eventBytesMax: fc.constantFrom(300, large, large),
      framesMax: fc.constantFrom(1, 512),
    });
    let repeats = 0;

    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: 8, maxLength: 30 }), limits, async (events, changes) => {
        // Each event several times, in another order: without that few would be repeats.
        const stream = [events, events.toReversed(), events, events].flat();
        repeats += (await same(stream, { ...LIMITS, ...changes })).repeats;
      }),
      { numRuns: 50 },
    );

    assert.ok(repeats > 60, `${repeats} repeats only`);
  });

  it('for each form of report, in each task, under other ids, dimensions and values', async () => {
    const envelopes = [
      '',
      ',"dimensions":{"fatal":false}',
      ',"dimensions":{"handled":true,"platform":"ios"}',
      ',"dimensions":{"platform":"android","app_id":"shop","user_id":7}',
      ',"values":{"duration_ms":900}',
      ',"values":{"duration_ms":"5100.5"}',
      ',"dimensions":{"duration_ms":0}',
      ',"id":"other","timestamp":"2026-11-20T08:15:30Z"',
    ];
    const values = REPORTS.flatMap((report) => envelopes.map((envelope) => eventWith(report, envelope)));
    const once = values.flatMap((value, index) =>
      [CRASH, CRASH_EXPLAINED, LAG, BY_CATEGORY, MSGPACK]
        .filter((task) => (index + task) % 2 === 0)
        .map((task) => ({ value, task })),
    );
    const sent = [once, once.toReversed(), once].flat();

    const { repeats } = await same(sent, LIMITS, 100);

    assert.ok(repeats > sent.length / 8, `${repeats} of ${sent.length}`);
  });

  it('where the report is known, and what it is of is not', async () => {
    const dimensions = ['"fatal":false', '"fatal":true', '"handled":true', '"handled":"true"'];

    const caught = dimensions.map((dimension) => eventWith(STACK, `,"dimensions":{${dimension}}`));
    assert.equal(await repeatsAfterKnown(caught), 3);
    const explained = [...afterKnown(STACK, []), { value: eventWith(STACK), task: CRASH_EXPLAINED }];
    assert.equal((await same(explained)).repeats, 1);
    const lasted = [1, '2', 3.5, -0, -1, 1e300, null].map((ms) =>
      eventWith(STACK, `,"values":{"duration_ms":${JSON.stringify(ms)}}`),
    );
    await same(afterKnown(STACK, [...lasted, ...lasted, ...lasted], LAG));
  });

  it('where another report is nested in the event, or written twice, or by other names', async () => {
    const hides = (other: string): readonly string[] => [
      `{"category":"C","dimensions":{"profile_data":${STACK}},"profile_data":${other}}`,
      `{"category":"C","profile_data":${STACK},"profile_data":${other}}`,
      `{"category":"C","profile_data":${other},"profile_data":${STACK}}`,
      `{"category":"C","profile_data":${STACK},"profile\\u005fdata":${other}}`,
      `{"category":"C","profile\\u005fdata":${other},"profile_data":${STACK}}`,
      `{"category":"C","\\"profile_data":${STACK},"profile_data":${other}}`,
      `{"category":"C","\\\\profile_data":${STACK},"profile_data":${other}}`,
      `{"category":"C","note":${JSON.stringify(`"profile_data":${STACK}`)},"profile_data":${other}}`,
      `{"category":"C","profileData":{"profile_data":${STACK},"report":${other}}}`,
      `{"category":"C","ProfileData":${other},"x":{"profile_data":${STACK}}}`,
      `{"category":"C","profileData":${STACK},"profile_data":${other}}`,
      `{"category":"C","__proto__":{"profile_data":${STACK}},"Profile_Data":${other}}`,
    ];

    const others = [OTHER, `{"format":"js-stack","report":${STACK}}`, ...NO_REPORTS, '""', '{}'];
    await same(afterKnown(STACK, others.flatMap(hides)));
  });

  it('where the report is null, and another name has it', async () => {
    const named = (report: string): string => `{"category":"C","profile_data":null,"profileData":${report}}`;
    const sent = [named(STACK), named(STACK), named(STACK), named(OTHER), eventWith('null')];

    await same(sent.map((value) => ({ value })));
  });

  it('where the event is broken before, inside or behind a report that is known', async () => {
    const good = eventWith(STACK);
    const broken = [
      good.slice(0, -1),
      `${good}}`,
      good.replace('"id"', 'id'),
      good.replace('"profile_data"', ',"profile_data"'),
      good.replace('com.shop', 'com\nshop'),
      good.replace('com.shop', 'com\\qshop'),
      good.replace('com.shop', 'com"shop'),
      `[${good}]`,
      `{"category":"C","profile_data":${STACK}${STACK}}`,
      `{"category":"C","profile_data"${STACK}}`,
      '',
      `\ufeff${good}`,
      ` \n${good}\n `,
    ];

    assert.equal(await repeatsAfterKnown(broken), 1);
  });

  it('where bytes are no UTF-8, in the report or around it', async () => {
    const sent: Uint8Array[] = [];
    for (const mark of ['ID', 'com.shop', 'END']) {
      const bytes = Buffer.from(`{"category":"C","id":"ID","profile_data":${STACK},"note":"END"}`);
      bytes[bytes.indexOf(mark)] = 0xe5;
      sent.push(bytes, bytes, bytes, bytes);
    }

    assert.equal(await repeatsAfterKnown(sent), 0);
  });

  it('where an event is msgpack, or only said to be', async () => {
    const packed = pack({
      category: 'C',
      profile_data: JSON.parse(STACK) as string,
      note: `"profile_data":${STACK}`,
    });
    const { json, msgpack } = HEADERS_OF_ENCODING;

    const sent: readonly Sent[] = [NO_HEADERS, json, msgpack].flatMap((headers) =>
      [eventWith(STACK), packed].flatMap((value) => [1, 2, 3].map(() => ({ value, headers }))),
    );
    await same([...sent, ...sent]);
  });

  it('where a value is larger than an event may be', async () => {
    const large = eventWith(STACK, `,"note":"${'x'.repeat(300)}"`);

    const { results } = await same(afterKnown(STACK, [large]), { ...LIMITS, eventBytesMax: 400 });

    assert.equal(results.at(-1)?.status, 'failed');
  });

  it('where a finding is larger than it may be, whatever alphabet its event is written in', async () => {
    for (const user of ['x'.repeat(90), '好'.repeat(90), 'é\\ud800'.repeat(30)]) {
      const sent = afterKnown(OTHER, [eventWith(OTHER, `,"dimensions":{"user_id":"${user}"}`)]);
      const { results } = await same(sent);
      const last = results.at(-1);
      assert.ok(last?.status === 'done');
      const bytes = last.findings[0]?.value.length ?? 0;

      for (const findingBytesMax of [bytes - 300, bytes - 100, bytes - 1, bytes, bytes + 1]) {
        const limited = await same(sent, { ...LIMITS, findingBytesMax });
        assert.equal(limited.results.at(-1)?.status, findingBytesMax < bytes ? 'failed' : 'done');
      }
    }
  });

  it('where the category has another analyzer, its own, or none', async () => {
    const sent: Sent[] = ['C', 'LAG', 'OWN', 'NEW', ''].flatMap((category) =>
      [1, 2, 3].map(() => ({
        value: `{"category":"${category}","profile_data":["find",{"x":1}]}`,
        task: BY_CATEGORY,
      })),
    );

    const { results } = await same([...sent, ...sent.toReversed()]);

    const failed = results.filter(({ status }) => status === 'failed').length;
    assert.equal(failed, 12);
  });

  it('where two reports have one checksum', async () => {
    const [one, two] = collision();
    assert.equal(crc32(one), crc32(two));
    const sent = [one, one, one, two, two, one, two, one, one, two, two, two].map((report) => ({
      value: eventWith(report),
    }));

    const { repeats } = await same(sent, LIMITS, 5);

    assert.ok(repeats >= 3);
  });

  it('where much more comes than is kept', async () => {
    const sent = Array.from({ length: 400 }, (_, index) => {
      const number = (index * index) % 40;
      return { value: eventWith(JSON.stringify(`a.b.C: ${number}\n\tat a.B.c(B.java:${number})`)) };
    });

    const { repeats } = await same(sent, { ...LIMITS, memoBytesMax: 2_000 });

    assert.ok(repeats > 0);
  });
});

describe('an analysis', () => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(true, false, 900, '900', -0, '', null),
  );
  const fields = fc.dictionary(
    fc.oneof(
      fc.constantFrom('fatal', 'handled', 'duration_ms', 'platform', 'app_id', 'scene', 'os_version'),
      fc.string(),
    ),
    value,
    { noNullPrototype: true },
  );
  const problems = fc.subarray([{ code: 'bad-id', at: 'id' }, { code: 'invalid-utf8' }]);
  const event: fc.Arbitrary<PerfEvent> = fc.record({
    id: fc.string(),
    category: fc.string({ minLength: 1 }),
    timestampMs: fc.nat(),
    dimensions: fields,
    values: fields,
    profileData: fc.constant({ format: 'auto', report: '' }),
    problems: fc.constant([]),
  });

  for (const [name, { analyze, regards }] of BUILT_IN_ANALYZERS) {
    it(`of ${name} looks at nothing of an event but its report, its problems and what it regards`, () => {
      const texts = REPORTS.map((report) => JSON.parse(report) as unknown);
      let alike = 0;
      fc.assert(
        fc.property(event, event, problems, fc.boolean(), (one, two, odd, explain) => {
          if (regards(one) !== regards(two)) return;
          alike += 1;
          for (const report of texts) {
            const [first, second] = [one, two].map((around) =>
              analyze({ ...around, profileData: { format: 'auto', report }, problems: odd }, LIMITS, {
                explain,
              }),
            );
            assert.equal(JSON.stringify(first), JSON.stringify(second));
          }
        }),
        { numRuns: 200 },
      );

      assert.ok(alike > 50);
    });
  }
});
