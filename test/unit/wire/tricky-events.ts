/** Events as bytes, many of them made to mislead a look that does not parse: for the tests of what is known of reports. */
import fc from 'fast-check';

/** Text that is a report, as JSON. */
export const STACKS: readonly string[] = [
  'java.lang.IllegalStateException: cart 1\n\tat com.shop.Cart.add(Cart.kt:31)\n\tat com.shop.Main.run(Main.kt:2)',
  'java.lang.IllegalStateException: cart 2\n\tat com.shop.Cart.add(Cart.kt:31)\n\tat com.shop.Main.run(Main.kt:2)\nCaused by: java.io.IOException: 好 "quoted" \\\n\tat java.io.File.open(File.java:9)\n\t... 1 more',
  '"main" prio=5 tid=1 Blocked\n  at com.shop.Cart.sum(Cart.kt:8)\n  - waiting to lock <0x01> held by thread 2\n\n"worker" prio=5 tid=2 Runnable\n  at com.shop.Db.read(Db.kt:1)',
  'TypeError: x is undefined\n    at sum (https://shop.example/a.js:1:20)',
].map((text) => JSON.stringify(text));

/** What may stand under `profile_data`: reports of all forms, what is none, what holds another. */
export const REPORTS: readonly string[] = [
  ...STACKS,
  ...STACKS.map((stack) => `{"format":"auto","report":${stack}}`),
  `{"format":"java-stack","report":${STACKS[0] ?? ''}}`,
  `{"report":{"profile_data":${STACKS[0] ?? ''},"stack":${STACKS[1] ?? ''}}}`,
  '{"interval_ms":50,"samples":[{"time":0,"stack":["at a.B.c(B.java:1)"]},{"time":50,"stack":["at a.B.c(B.java:1)"]}]}',
  '["find",{"x":[1,null]}]',
  '"\ufffd\\ud800"',
  '""',
  '{}',
  '[]',
];

/** What is no report. */
export const NO_REPORTS: readonly string[] = ['null', '0', '-0', '0.0', '1', 'true', 'false'];

const report = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...REPORTS.slice(0, 3)) },
  { weight: 4, arbitrary: fc.constantFrom(...REPORTS) },
  { weight: 1, arbitrary: fc.constantFrom(...NO_REPORTS) },
);

const NAMES: readonly [string, ...string[]] = [
  '"profile_data"',
  '"profileData"',
  '"ProfileData"',
  '"Profile_Data"',
  '"profile\\u005fdata"',
  '"\\"profile_data"',
  '"\\\\profile_data"',
];
const reportField = fc.tuple(rarely(...NAMES), report);

const dimensions = fc.oneof(
  fc.constantFrom(
    '{}',
    '{"fatal":false}',
    '{"fatal":"false"}',
    '{"handled":true}',
    '{"platform":"android","user_id":"好好好好好好好好"}',
    '{"duration_ms":900}',
    '{"app_id":"shop","profile":"profile_data"}',
    '{"profile_data":"\ufffd"}',
    '"bad"',
    'null',
  ),
  report.map((inner) => `{"profile_data":${inner}}`),
);
const field = fc.oneof(
  fc.tuple(fc.constantFrom('"id"', '"ID"'), fc.constantFrom('"e1"', '"好\\ud800"', '7', '""', 'null', '{}')),
  fc.tuple(fc.constant('"category"'), fc.constantFrom('"C"', '"LAG"', '"OWN"', '"NEW"', '""', '1')),
  fc.tuple(fc.constantFrom('"dimensions"', '"Dimensions"'), dimensions),
  fc.tuple(
    fc.constant('"values"'),
    fc.constantFrom(
      '{}',
      '{"duration_ms":900}',
      '{"duration_ms":"5000"}',
      '{"duration_ms":-0}',
      '{"duration_ms":-1}',
      '[]',
    ),
  ),
  fc.tuple(fc.constant('"timestamp"'), rarely('1750000000000', '"2026-11-20T08:15:30Z"', '"never"')),
  fc.tuple(
    fc.constantFrom('"note"', '"__proto__"'),
    fc.oneof(
      fc.constantFrom(
        '"profile_data"',
        '"\\"profile_data\\":\\"x\\""',
        '["profile_data",{"profile_data":0}]',
      ),
      report.map((inner) => JSON.stringify(`"profile_data":${inner}`)),
      report.map((inner) => `{"profile_data":${inner}}`),
    ),
  ),
);

/** Harm that a byte stream takes: nothing, mostly. */
const damage = fc.oneof(
  { weight: 12, arbitrary: fc.constant(null) },
  fc.record({
    at: fc.nat(),
    byte: fc.constantFrom(0xff, 0x80, 0xe5, 0x22, 0x7d, 0x5c, 0x01),
    cut: fc.boolean(),
  }),
);

const PREFIX = rarely('', '\ufeff', '[');
const SUFFIX = rarely('', '}', ',"x":1}');

/** An event's bytes: repeats are many, since there is little to choose from. */
export const trickyEvent: fc.Arbitrary<Uint8Array> = fc
  .record({
    // A category and a report are rarely missing.
    fields: fc
      .tuple(fc.array(field, { maxLength: 3 }), fc.array(reportField, { minLength: 1, maxLength: 2 }))
      .map(([fields, reports]) => [['"category"', '"C"'] as [string, string], ...fields, ...reports]),
    order: fc.array(fc.nat(), { maxLength: 6 }),
    blank: fc.constantFrom('', '', ' ', '\n\t'),
    prefix: PREFIX,
    suffix: SUFFIX,
    harm: damage,
  })
  .map(({ fields, order, blank, prefix, suffix, harm }) => {
    const shuffled = order.reduce((all, at, index) => swapped(all, at, index), fields);
    const parts = shuffled.map(([name, value]) => `${name}${blank}:${blank}${value}`);
    const bytes = Buffer.from(`${prefix}{${parts.join(`${blank},`)}${blank}}${suffix}`);
    if (harm === null) return bytes;
    const at = harm.at % bytes.length;
    if (harm.cut) return bytes.subarray(0, at);
    bytes[at] = harm.byte;
    return bytes;
  });

/** The usual, mostly. */
function rarely(usual: string, ...others: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
}

function swapped<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = [...list];
  const [taken] = rest.splice(from % rest.length, 1);
  if (taken !== undefined) rest.splice(to, 0, taken);
  return rest;
}
