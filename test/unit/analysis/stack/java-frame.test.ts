/** Java frames in every form that a JVM, ART or a log framework prints. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJavaFrame } from '../../../../src/analysis/stack/java-frame.ts';
import type { Frame } from '../../../../src/model/report.ts';

type Shape = Omit<Frame, 'raw'>;

function read(line: string): Shape | null {
  const frame = parseJavaFrame(line);
  if (frame === null) return null;
  const { raw, ...shape } = frame;
  assert.equal(raw, line.trim());
  return shape;
}

const FORMS: readonly (readonly [string, Shape | null])[] = [
  [
    '\tat com.shop.Cart.add(Cart.kt:31)',
    { function: 'add', module: 'com.shop.Cart', file: 'Cart.kt', line: 31, inApp: true },
  ],
  [
    'at java.base@17.0.9/java.lang.Thread.run(Thread.java:840)',
    { function: 'run', module: 'java.lang.Thread', file: 'Thread.java', line: 840, inApp: false },
  ],
  [
    'at app//com.shop.Main.main(Main.java)',
    { function: 'main', module: 'com.shop.Main', file: 'Main.java', inApp: true },
  ],
  [
    'at loader/mod@1.0/com.shop.Main$$Lambda$14/0x000000080006.run(Unknown Source)',
    { function: 'run', module: 'com.shop.Main$$Lambda$14/0x000000080006', inApp: true },
  ],
  [
    'at java.lang.reflect.Method.invoke(Native Method)',
    { function: 'invoke', module: 'java.lang.reflect.Method', native: true, inApp: false },
  ],
  [
    'at java.lang.Object.wait!(Native method)',
    { function: 'wait', module: 'java.lang.Object', native: true, inApp: false },
  ],
  ['at a.b.c.d(Unknown Source:6)', { function: 'd', module: 'a.b.c', line: 6, inApp: true }],
  ['at a.b.c.d(:6)', { function: 'd', module: 'a.b.c', line: 6, inApp: true }],
  [
    'at com.shop.A.<init>(A.java:3) ~[app-1.2.jar:1.2]',
    { function: '<init>', module: 'com.shop.A', file: 'A.java', line: 3, inApp: true },
  ],
  [
    'at java.lang.String com.shop.Jni.load(java.lang.String, int) (Jni.java:-2)',
    { function: 'load', module: 'com.shop.Jni', file: 'Jni.java', native: true, inApp: true },
  ],
  [
    'at com.shop.CartTest.adds an item(CartTest.kt:9)',
    { function: 'adds an item', module: 'com.shop.CartTest', file: 'CartTest.kt', line: 9, inApp: true },
  ],
  ['at main(Main.kt:3)', { function: 'main', file: 'Main.kt', line: 3, inApp: false }],
  ['at foo (file:///a/b.js:1:2)', null],
  ['at render(/home/u/app.js:78:24)', null],
  ['at render(index.bundle:78:24)', null],
  ['at App.Program.Main(String[] args) in /src/Program.cs:line 5', null],
  ['at System.Int32.Parse(String s)', null],
  ['at com.shop.Main.run()', null],
  ['at ', null],
  ['at (', null],
  ['at )(', null],
  ['', null],
];

for (const [line, expected] of FORMS) {
  test(`reads ${JSON.stringify(line)} as ${expected === null ? 'no Java frame' : 'one'}`, () => {
    assert.deepEqual(read(line), expected);
  });
}

test('what a log framework appends changes nothing of a frame', () => {
  const name = fc.stringMatching(/^[A-Za-z<>$_.!:0-9é]{0,9}$/);
  const bare = (line: string): Shape | null => {
    const { raw: _, ...shape } = parseJavaFrame(line) ?? { raw: '' };
    return shape;
  };

  fc.assert(
    fc.property(name, name, name, fc.nat(), (module, method, file, line) => {
      const frame = `at ${module}.${method}(${file}:${String(line)})`;

      assert.deepEqual(bare(frame), bare(`${frame} [lib.jar:1.0]`));
    }),
    { numRuns: 1_000 },
  );
});

test('every line ends, those too that begin with a slash and a number', () => {
  const line = fc.string({ unit: fc.constantFrom(...'/0$a.@!:~( )'), maxLength: 12 });

  fc.assert(
    fc.property(line, (before) => {
      const frame = parseJavaFrame(`${before}b.query(Db.java:42)`);

      assert.ok(frame === null || frame.file === 'Db.java');
    }),
    { examples: [['/0$a.']], numRuns: 2000 },
  );
});
