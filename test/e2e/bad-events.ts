/**
 * What can be wrong with an event or with who analyses it, and what must become of it: the cases of
 * bad-input.test.ts. Each case stands between two good events of its key and partition.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../src/model/errors.ts';
import { analyzerPath, order } from '../helpers/batches.ts';
import { ROOT } from '../helpers/command.ts';

/** A case, and what must become of it. */
export interface BadEvent {
  /** What is wrong; also its key. */
  readonly name: string;
  readonly topic: string;
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly becomes:
    | { readonly deadLetter: ErrorCode; readonly error: RegExp; readonly attempts?: number }
    /** A finding with this problem, among others; `null`: with none. */
    | { readonly finding: string | null }
    | { readonly finding: 'whatever is wrong' }
    | 'nothing';
}

/** Tasks that the cases need beside crash and lag. Small times, so that what is tried again is so at once. */
export const CONFIG: string = `
system:
  retry: { max: 2, backoffMs: 1, backoffMaxMs: 4 }
tasks:
  crash: {}
  lag: {}
  picky: { topics: ^picky$, analyzers: { PERF_CRASH: crash, PERF_LAG: lag } }
  team: { topics: ^team$, analyzer: ${analyzerPath('obedient.ts')} }
  hanging: { topics: ^hanging$, analyzer: ${analyzerPath('obedient.ts')}, eventTimeoutMs: 1000 }
  forgiving: { topics: ^forgiving$, analyzer: ${analyzerPath('obedient.ts')}, retry: { onExhausted: finish } }
`;

const MIB = 2 ** 20;
const STACK = 'java.lang.IllegalStateException: no cart\n\tat com.example.shop.Cart.total(Cart.java:17)\n';

/** A good event of a topic. */
export function goodEvent(topic: string, id: string): string {
  const isObeyed = topic === 'team' || topic === 'hanging' || topic === 'forgiving';
  if (isObeyed) return order('find', { kind: 'note' }, { id });
  return event({ id });
}

function event(fields: Readonly<Record<string, unknown>>): string {
  const whole = { category: 'PERF_CRASH', profile_data: { format: 'auto', report: STACK }, ...fields };
  return JSON.stringify(whole);
}

function report(value: unknown, format = 'auto'): string {
  return event({ profile_data: { format, report: value } });
}

/** `text` with `bytes` in the place of `@`. */
function spliced(text: string, bytes: readonly number[]): Uint8Array {
  const [before = '', after = ''] = text.split('@');
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

type DeadLetterCase = readonly [name: string, value: BadEvent['value'], error: RegExp];

const UNMARSHAL: readonly DeadLetterCase[] = [
  ['0 bytes', '', /^the value has 0 bytes$/],
  ['a null value', null, /^the value is null$/],
  ['a space', ' ', /^not JSON: /],
  ['JSON cut short', event({}).slice(0, -10), /^not JSON: /],
  ['text', 'java.lang.Error: this is no event', /^not JSON: /],
  ['two objects in one value', event({}) + event({}), /^not JSON: /],
  ['binary rubbish', Buffer.from([0xff, 0x00, 0x13, 0xc1, 0xfe, 0x42]), /^not JSON: /],
  ['binary rubbish that begins like msgpack', Buffer.from([0x85, 0xa3, 0x61]), /^not msgpack: /],
  ['a msgpack map of 4 billion entries', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]), /^not msgpack: /],
  [
    'a msgpack list of 4 billion items',
    Buffer.from([0x81, 0xa1, 0x61, 0xdd, 0xff, 0xff, 0xff, 0xff]),
    /^not msgpack: /,
  ],
  [
    'invalid UTF-8 between fields',
    spliced('{"category":"PERF_CRASH",@"profile_data":{}}', [0xc3, 0x28]),
    /^not JSON: /,
  ],
  ['a number', '42', /is a number, not an object$/],
  ['a list', '[]', /is an array, not an object$/],
  ['the word null', 'null', /is null, not an object$/],
  ['a JSON string', '"PERF_CRASH"', /is a string, not an object$/],
];

const SCHEMA: readonly DeadLetterCase[] = [
  ['an empty object', '{}', /category is missing/],
  ['no category', event({ category: undefined }), /category is missing/],
  ['a category that is null', event({ category: null }), /category is missing/],
  ['a category that is a number', event({ category: 7 }), /category is a number/],
  ['a category that is empty', event({ category: '' }), /category is empty/],
  ['a category that is a list', event({ category: ['PERF_CRASH'] }), /category is an array/],
  ['no profile_data', event({ profile_data: undefined }), /profile_data is missing/],
  ['profile_data that is null', event({ profile_data: null }), /profile_data is missing/],
  ['profile_data that is a number', event({ profile_data: 5 }), /profile_data is a number/],
  ['profile_data that is true', event({ profile_data: true }), /profile_data is a boolean/],
  // Parsed, `__proto__` is a field like any other: nothing may be read through it.
  ['fields only in __proto__', `{"__proto__":${event({})}}`, /category is missing/],
  [
    'fields only in constructor.prototype',
    `{"constructor":{"prototype":${event({})}}}`,
    /category is missing/,
  ],
];

const TOO_LARGE: readonly DeadLetterCase[] = [
  ['one byte too many', event({ pad: 'x' }).padEnd(MIB + 1), /^the value has 1048577 bytes/],
  ['10 MB', Buffer.alloc(10 * MIB, '{'), /^the value has 10485760 bytes/],
];

const NOBODYS: readonly DeadLetterCase[] = [
  ['an unknown category', event({ category: 'PERF_NET' }), /takes the category "PERF_NET"$/],
  ['a category named __proto__', event({ category: '__proto__' }), /takes the category "__proto__"$/],
  ['a category named toString', event({ category: 'toString' }), /takes the category "toString"$/],
  ['a category of 100,000 letters', event({ category: 'x'.repeat(1e5) }), /takes the category "x{100}"$/],
];

type OrderCase = readonly [word: string, argument: unknown, code: ErrorCode, error: RegExp, attempts: number];

const ORDERS: readonly OrderCase[] = [
  ['throw', 'boom', 'E_EVENT_ANALYZE', /^boom$/, 3],
  ['throw-string', 'boom', 'E_EVENT_ANALYZE', /^boom$/, 3],
  ['throw-trap', null, 'E_EVENT_ANALYZE', /./, 3],
  ['throw-for-good', 'never', 'E_EVENT_ANALYZE', /^never$/, 1],
  ['reject', 'later', 'E_EVENT_ANALYZE', /^later$/, 3],
  ['reject-late', 'behind', 'E_EVENT_ANALYZE', /^behind$/, 3],
  ['throw-in-callback', 'in a callback', 'E_EVENT_ANALYZE', /^in a callback$/, 3],
  ['cycle', null, 'E_FINDING_ENCODE', /is a cycle$/, 1],
  ['bigint', null, 'E_FINDING_ENCODE', /finding\.count is a bigint$/, 1],
  ['function', null, 'E_FINDING_ENCODE', /finding\.call is a function$/, 1],
  ['number', null, 'E_FINDING_ENCODE', /it is a number, not a plain object$/, 1],
  ['large', 2e6, 'E_FINDING_TOO_LARGE', /limits\.findingBytesMax is 1000000$/, 1],
  ['dead-letter', 'not ours', 'E_EVENT_REJECTED', /^not ours$/, 1],
];

const HANGS: readonly OrderCase[] = [
  ['hang', null, 'E_EVENT_TIMEOUT', /1000 ms/, 2],
  ['wait', null, 'E_EVENT_TIMEOUT', /1000 ms/, 2],
  ['exit', null, 'E_EVENT_WORKER_DIED', /./, 2],
];

type FindingCase = readonly [name: string, topic: string, value: BadEvent['value'], problem: string | null];

const CAUSES = Array.from(
  { length: 1000 },
  (_, i) => `Caused by: java.io.IOException: number ${i}\n\tat a.B.c(B.java:${i})\n`,
);

const BORNE: readonly FindingCase[] = [
  ['exactly the largest value', 'app-crash', event({}).padEnd(MIB), null],
  ['a byte order mark', 'app-crash', `\ufeff${event({})}`, null],
  ['unknown fields', 'app-crash', event({ what: { is: ['this'] }, 7: null }), null],
  ['invalid UTF-8 in a text', 'app-crash', spliced(event({ id: '@' }), [0xc3, 0x28]), 'invalid-utf8'],
  ['an id that is an object', 'app-crash', event({ id: {} }), 'bad-id'],
  ['an id that is endless', 'app-crash', event({ id: 'i'.repeat(1e5) }), 'bad-id'],
  ['a timestamp that is none', 'app-crash', event({ timestamp: 'yesterday' }), 'bad-timestamp'],
  ['dimensions that are a list', 'app-crash', event({ dimensions: [] }), 'bad-dimensions'],
  ['values that are a text', 'app-crash', event({ values: 'none' }), 'bad-values'],
  [
    'dimensions in __proto__',
    'app-crash',
    '{"category":"PERF_CRASH","dimensions":{"__proto__":{"user_id":"forged"}},"profile_data":"x"}',
    'format-unknown',
  ],
  ['a thousand Caused by', 'app-crash', report(STACK + CAUSES.join('')), 'causes-over-limit'],
  [
    'a stack of 100,000 frames',
    'app-crash',
    report(STACK + '\tat a.b(C.java:1)\n'.repeat(50_000)),
    'frames-over-limit',
  ],
  [
    'a line of 900,000 letters',
    'app-crash',
    report(`java.lang.Error: ${'x'.repeat(9e5)}\n${STACK}`),
    'line-over-limit',
  ],
  ['500,000 empty lines', 'app-crash', report('\n'.repeat(5e5)), 'report-empty'],
  ['an empty report', 'app-crash', report(''), 'report-empty'],
  ['a report that is a number', 'app-crash', report(7), 'report-type'],
  [
    'a report nested 100,000 deep',
    'app-crash',
    `{"category":"PERF_CRASH","profile_data":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
    'report-type',
  ],
  ['a report of no known format', 'app-crash', report('it went wrong, somehow'), 'format-unknown'],
  [
    'a report of control characters',
    'app-crash',
    report('\u0000\u001b[2J\u0007'.repeat(100)),
    'format-unknown',
  ],
  ['a lag report of no known format', 'app-lag', report('it was slow, somehow'), 'format-unknown'],
  [
    'samples that are none',
    'app-lag',
    report({ samples: [{ time: 'x', stack: 7 }, null, 9] }, 'samples'),
    'whatever',
  ],
  ['samples nested in themselves', 'app-lag', report({ samples: { samples: {} } }), 'whatever'],
];

/** Each example report, cut in its middle: whatever is left becomes a finding. */
function truncatedReports(): readonly BadEvent[] {
  const dir = join(ROOT, 'examples/reports');
  const files = readdirSync(dir).filter((name) => name.endsWith('.txt'));
  return files.map((file): BadEvent => {
    const whole = readFileSync(join(dir, file), 'utf8');
    const topic = /hang|lag/.test(file) ? 'app-lag' : 'app-crash';
    const value = report(whole.slice(0, whole.length / 2));
    return { name: `${file} cut short`, topic, value, becomes: { finding: 'whatever is wrong' } };
  });
}

function deadLetters(
  topic: string,
  deadLetter: ErrorCode,
  cases: readonly DeadLetterCase[],
): readonly BadEvent[] {
  return cases.map(([name, value, error]) => ({ name, topic, value, becomes: { deadLetter, error } }));
}

function orders(topic: string, cases: readonly OrderCase[]): readonly BadEvent[] {
  return cases.map(([word, argument, deadLetter, error, attempts]) => ({
    name: `an analyzer told to ${word}`,
    topic,
    value: order(word, argument),
    becomes: { deadLetter, error, attempts },
  }));
}

function borne(cases: readonly FindingCase[]): readonly BadEvent[] {
  return cases.map(([name, topic, value, problem]) => ({
    name,
    topic,
    value,
    becomes: problem === 'whatever' ? { finding: 'whatever is wrong' } : { finding: problem },
  }));
}

/** All cases. */
export const BAD_EVENTS: readonly BadEvent[] = [
  ...deadLetters('app-crash', 'E_EVENT_UNMARSHAL', UNMARSHAL),
  ...deadLetters('app-crash', 'E_EVENT_SCHEMA', SCHEMA),
  ...deadLetters('app-crash', 'E_EVENT_TOO_LARGE', TOO_LARGE),
  ...deadLetters('picky', 'E_EVENT_UNKNOWN_CATEGORY', NOBODYS),
  ...orders('team', ORDERS),
  ...orders('hanging', HANGS),
  ...borne(BORNE),
  ...truncatedReports(),
  {
    name: 'JSON that says that it is msgpack',
    topic: 'app-crash',
    value: event({}),
    headers: { 'content-type': 'application/msgpack' },
    becomes: { deadLetter: 'E_EVENT_UNMARSHAL', error: /^not msgpack: |not an object/ },
  },
  {
    name: 'headers that claim to be ours',
    topic: 'app-crash',
    value: '{}',
    headers: { traceparent: '00-1-2-01', 'faultline-code': 'E_FORGED', 'faultline-task': 'forged' },
    becomes: { deadLetter: 'E_EVENT_SCHEMA', error: /category is missing/ },
  },
  {
    name: 'an analyzer that returns 1,001 findings',
    topic: 'team',
    value: order('find', Array(1001).fill({})),
    becomes: { deadLetter: 'E_FINDING_TOO_LARGE', error: /^1001 findings, at most 1000$/ },
  },
  {
    name: 'an analyzer that returns one good finding and one that cannot be encoded',
    topic: 'team',
    value: order('find', [{ kind: 'good' }, 5]),
    becomes: { deadLetter: 'E_FINDING_ENCODE', error: /it is a number/ },
  },
  {
    name: 'a record that asks for no retries',
    topic: 'team',
    value: order('throw', 'once'),
    headers: { 'faultline-retry-max': '0' },
    becomes: { deadLetter: 'E_EVENT_ANALYZE', error: /^once$/, attempts: 1 },
  },
  { name: 'an analyzer that finishes', topic: 'team', value: order('finish'), becomes: 'nothing' },
  { name: 'an analyzer that returns nothing', topic: 'team', value: order('nothing'), becomes: 'nothing' },
  {
    name: 'an analyzer that is not ready at first',
    topic: 'team',
    value: order('requeue-once', 5),
    becomes: { finding: null },
  },
  {
    name: 'a failure that is forgiven',
    topic: 'forgiving',
    value: order('throw', 'again'),
    becomes: 'nothing',
  },
];
