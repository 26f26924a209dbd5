import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { unpack } from 'msgpackr';
import type { PerfEvent } from '../../../src/model/event.ts';
import type { Analysis } from '../../../src/model/finding.ts';
import type { IdentifiedFinding } from '../../../src/wire/finding.ts';
import {
  composeCustomFinding,
  composeFinding,
  encodeFinding,
  encodeKnown,
  envelopeOf,
} from '../../../src/wire/finding.ts';
import { FINDING_JSON_SCHEMA, findingSchemaJson } from '../../../src/wire/finding-schema.ts';

const ANALYZER = { name: 'crash', version: '1' };
const SOURCE = { topic: 't', partition: 0, offset: 7 };
const JSON_FORMAT = { encoding: 'json', findingBytesMax: 10_000 } as const;

const CRASH: Analysis = {
  kind: 'crash',
  format: 'java-stack',
  exceptions: [
    {
      type: 'java.lang.IllegalStateException',
      message: 'no cart',
      frames: [{ function: 'pay', module: 'com.shop.Cart', file: 'Cart.java', line: 3, in_app: true }],
    },
    { type: 'java.io.IOException', relation: 'cause', frames: [] },
  ],
  signature: 'IllegalStateException | com.shop.Cart.pay',
  group: '0a1b2c',
  group_version: 1,
  severity: 'fatal',
  explain: ['kept frame 0'],
  problems: [{ code: 'truncated', at: 'line 12' }],
};

const LAG: Analysis = {
  kind: 'lag',
  format: 'samples',
  duration_ms: 720.5,
  samples: 14,
  heaviest_path: [{ frame: 'main', total_ms: 700, self_ms: 0 }],
  main_thread: { name: 'main', frames: [], waits_for: 'a lock', held_by: 'worker-3' },
  signature: 'main',
  group: 'ff',
  group_version: 1,
  severity: 'warning',
};

function eventWith(changes: Partial<PerfEvent> = {}): PerfEvent {
  return {
    id: 'e1',
    category: 'PERF_CRASH',
    timestampMs: Date.UTC(2026, 10, 20),
    dimensions: {},
    values: {},
    profileData: { format: 'auto', report: '' },
    problems: [],
    ...changes,
  };
}

function parse(json: string | Uint8Array): unknown {
  return JSON.parse(String(json));
}

/** What comes out, in one piece; a fault as its text. */
function written(encode: () => ReturnType<typeof encodeFinding> | ReturnType<typeof encodeKnown>): string {
  try {
    const value = encode();
    return Array.isArray(value) ? value.map(String).join('') : String(value);
  } catch (error) {
    return String(error);
  }
}

function custom(value: unknown, index = 0): unknown {
  return composeCustomFinding(value, envelopeOf(eventWith(), SOURCE, ANALYZER), {
    index,
    findingBytesMax: 1_000,
  });
}

const isFinding = new Ajv2020({
  allErrors: true,
  strictRequired: false,
  formats: { 'date-time': true },
}).compile(FINDING_JSON_SCHEMA);

describe('findings', () => {
  it('carry the known dimensions, and none that is absent', () => {
    const dimensions = {
      app_id: 'shop',
      app_version: 4,
      device_model: 'Pixel',
      os_version: '14',
      user_id: '',
      secret: 'x',
    };

    const envelope = envelopeOf(eventWith({ dimensions }), SOURCE, ANALYZER);

    assert.deepEqual(envelope, {
      schema: 1,
      id: 'e1',
      category: 'PERF_CRASH',
      timestamp: '2026-11-20T00:00:00.000Z',
      app: { id: 'shop', version: '4' },
      os: '14',
      device: { model: 'Pixel' },
      source: SOURCE,
      analyzer: ANALYZER,
    });
  });

  it('of an analyzer of one’s own tell the problems of the envelope, unless it tells its own', () => {
    const problems = [{ code: 'invalid-utf8' }];
    const envelope = envelopeOf(eventWith({ problems }), SOURCE, ANALYZER);
    const place = { index: 0, findingBytesMax: 1_000 };

    assert.deepEqual(
      (composeCustomFinding({}, envelope, place) as { problems?: unknown }).problems,
      problems,
    );
    assert.deepEqual(
      (composeCustomFinding({ problems: [] }, envelope, place) as { problems?: unknown }).problems,
      [],
    );
  });

  it('say the same in JSON and in msgpack', () => {
    const finding = composeFinding(envelopeOf(eventWith(), SOURCE, ANALYZER), CRASH);

    const json = encodeFinding(finding, JSON_FORMAT);
    const msgpack = encodeFinding(finding, { ...JSON_FORMAT, encoding: 'msgpack' });

    assert.deepEqual(parse(json), finding);
    assert.ok(msgpack instanceof Uint8Array);
    assert.deepEqual(unpack(msgpack), finding);
  });

  it('that are too large are refused', () => {
    const finding = composeFinding(envelopeOf(eventWith(), SOURCE, ANALYZER), CRASH);

    assert.throws(() => encodeFinding(finding, { encoding: 'json', findingBytesMax: 100 }), {
      code: 'E_FINDING_TOO_LARGE',
    });
  });

  it('may have as many bytes of UTF-8 as the limit says, not one more', () => {
    const finding = { id: 'é€😀', category: 'C' };
    const bytes = Buffer.byteLength(JSON.stringify(finding));

    for (const encoding of ['json', 'msgpack'] as const) {
      assert.doesNotThrow(() => encodeFinding(finding, { encoding, findingBytesMax: bytes }));
    }
    assert.throws(() => encodeFinding(finding, { encoding: 'json', findingBytesMax: bytes - 1 }), {
      code: 'E_FINDING_TOO_LARGE',
    });
  });

  it('of an analysis that is JSON already are what they are otherwise, within the same limit', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('好'.repeat(80), 'é'.repeat(200)),
    );
    const dimensions = fc.record({ user_id: name, platform: name, app_id: name }, { requiredKeys: [] });
    const near = fc.integer({ min: -600, max: 20 });
    fc.assert(
      fc.property(name, dimensions, fc.constantFrom(CRASH, LAG), near, (id, drawn, analysis, off) => {
        const envelope = envelopeOf(eventWith({ id, dimensions: { ...drawn } }), SOURCE, ANALYZER);
        const finding = composeFinding(envelope, analysis);
        const findingBytesMax = Buffer.byteLength(JSON.stringify(finding)) + off;

        const expected = written(() => encodeFinding(finding, { encoding: 'json', findingBytesMax }));
        const known = Buffer.from(JSON.stringify(analysis).slice(1));
        const found = written(() => encodeKnown(envelope, known, findingBytesMax));

        assert.equal(found, expected);
      }),
      { numRuns: 200 },
    );
  });

  it('of an analyzer of one’s own are copied where they are not plain, and say the same in both encodings', () => {
    const rows: readonly (readonly [unknown, unknown])[] = [
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [{ gone: undefined, kept: [undefined] }, { kept: [null] }],
      [Object.defineProperty({ x: 1 }, 'toJSON', { value: () => 'another' }), { x: 1 }],
      [Object.assign([1], { toJSON: () => 'another' }), [1]],
      [Object.assign(Object.create(null) as object, { toJSON: 'data' }), { toJSON: 'data' }],
      [runInNewContext('({ list: [1, { toJSON: 2 }] })'), { list: [1, { toJSON: 2 }] }],
    ];

    for (const [value, expected] of rows) {
      const finding = custom({ value }) as IdentifiedFinding;
      const json = parse(encodeFinding(finding, JSON_FORMAT));
      const msgpack: unknown = unpack(
        Buffer.from(encodeFinding(finding, { ...JSON_FORMAT, encoding: 'msgpack' })),
      );

      assert.deepEqual((json as { value?: unknown }).value, expected);
      assert.deepEqual(msgpack, json);
    }
  });

  it('of an analyzer of one’s own keep their fields and get the envelope’s', () => {
    assert.deepEqual(custom({ kind: 'memory', id: 'mine', at: new Date(0) }), {
      schema: 1,
      id: 'mine',
      category: 'PERF_CRASH',
      timestamp: '2026-11-20T00:00:00.000Z',
      source: SOURCE,
      analyzer: ANALYZER,
      kind: 'memory',
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('of one event have different ids', () => {
    const ids = [0, 1, 2].map((index) => (custom({}, index) as { id: string }).id);

    assert.deepEqual(ids, ['e1', 'e1.1', 'e1.2']);
  });

  it('that are not plain data, or have a wrong id, are refused', () => {
    for (const value of ['text', [], new Map(), { id: 7 }, { category: null }, { f: () => 1 }]) {
      assert.throws(() => custom(value), { code: 'E_FINDING_ENCODE' });
    }
    assert.throws(() => custom({ list: Array.from({ length: 2_000 }, () => 0) }), {
      code: 'E_FINDING_TOO_LARGE',
    });
  });
});

describe('the schema of findings', () => {
  it('holds for crash and lag findings, whatever the event', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.double({ noNaN: true }),
        fc.constantFrom(CRASH, LAG),
        (dimensions, timestampMs, analysis) => {
          const envelope = envelopeOf(eventWith({ dimensions, timestampMs }), SOURCE, ANALYZER);
          const finding = parse(
            encodeFinding(composeFinding(envelope, analysis), { ...JSON_FORMAT, findingBytesMax: 1e6 }),
          );

          assert.ok(isFinding(finding), JSON.stringify(isFinding.errors));
        },
      ),
    );
  });

  it('holds for findings of an analyzer of one’s own', () => {
    assert.ok(isFinding(custom({ kind: 'memory', used: 3 })), JSON.stringify(isFinding.errors));
  });

  it('does not hold for a crash without exceptions, a lag without group, or no source', () => {
    const crash = composeFinding(envelopeOf(eventWith(), SOURCE, ANALYZER), CRASH);

    assert.equal(isFinding({ ...crash, exceptions: undefined }), false);
    assert.equal(isFinding({ ...crash, ...LAG, group: 'not hexadecimal' }), false);
    assert.equal(isFinding({ ...crash, source: {} }), false);
  });

  it('is the file in docs/reference', () => {
    const file = new URL('../../../docs/reference/finding.schema.json', import.meta.url);

    assert.equal(readFileSync(file, 'utf8'), findingSchemaJson());
  });
});
