import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NamePart } from '../../../src/config/could-match.ts';
import { couldMatch } from '../../../src/config/could-match.ts';

const CRASH = /(^|[._-])crash([._-]|$)/i;

/** What each row says: pattern, parts, whether some name of these parts can be matched. */
const ROWS: readonly (readonly [pattern: RegExp, parts: readonly NamePart[], could: boolean])[] = [
  [CRASH, ['anything'], true],
  [CRASH, [{ text: 'findings-' }, 'anything'], true],
  [CRASH, [{ text: 'findings' }, 'anything', { text: 'x' }], true],
  [CRASH, [{ text: 'app-crash' }], true],
  [CRASH, [{ text: 'app-crashes' }], false],
  [CRASH, [{ text: 'APP_CRASH' }], true],
  [/(^|[._-])(?-i:crash)([._-]|$)/i, [{ text: 'APP_CRASH' }], false],
  [/^perf-.*-crash$/i, ['anything', { text: '-findings' }], false],
  [/^perf-.*-crash$/i, [{ text: 'out-' }, 'anything'], false],
  [/^perf-.*-crash$/i, ['anything'], true],
  [/^perf/i, ['anything', { text: '-findings' }], true],
  [/^(?:a|b){2,3}$/i, [{ text: 'ab' }], true],
  [/^(?:a|b){2,3}$/i, [{ text: 'abab' }], false],
  [/^(?:a|b){2}$/i, [{ text: 'a' }], false],
  [/^(?:a|b){0}$/i, [{ text: 'a' }], false],
  [/^x{2,}$/, [{ text: 'xxxxxxxxxxxxxxxxxxxx' }], true],
  [/^x?y+z*$/, [{ text: 'yyy' }], true],
  [/^[^.]+\.in$/, ['anything', { text: '.out' }], false],
  [/^\w+\.in$/, ['anything', { text: '.in' }], true],
  [/^(?!out).*$/, [{ text: 'out-' }, 'anything'], true],
  [/^(?<part>\w+)-\k<part>$/, [{ text: 'a-b' }], true],
  [/((((a{16}){16}){16}){16}){16}/, [{ text: 'b' }], true],
];

for (const [pattern, parts, could] of ROWS) {
  const name = parts.map((part) => (part === 'anything' ? '*' : part.text)).join('');
  test(`${String(pattern)} ${could ? 'could match' : 'cannot match'} ${name}`, () => {
    const answer = couldMatch(pattern, parts);

    assert.equal(answer, could);
  });
}

/** Sources of patterns over a small alphabet, so that matches happen. */
const source = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
  pattern: fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\.', '-', '^', '$', '\\w', '\\b', '(?=a)', '(?!b)'),
    fc
      .tuple(tie('pattern'), fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{2,}'))
      .map(([inner, sign]) => `(?:${inner})${sign}`),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(${left}|${right})`),
  ),
})).pattern;
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '.', '-'), maxLength: 6 });
const part = fc.tuple(text, fc.boolean());

test('never says no where a name of these parts is matched', () => {
  fc.assert(
    fc.property(source, fc.array(part, { minLength: 1, maxLength: 4 }), (pattern, filled) => {
      const name = filled.map(([each]) => each).join('');
      fc.pre(name !== '');
      const parts = filled.map(([each, open]): NamePart => (open ? 'anything' : { text: each }));
      const compiled = new RegExp(pattern, 'i');

      const could = couldMatch(compiled, parts);

      if (compiled.test(name)) assert.equal(could, true);
    }),
    { numRuns: 1000 },
  );
});

const regular = source.filter((pattern) => !/\\b|\(\?[=!]/.test(pattern));

test('of known text it says exactly what RegExp says, where the pattern is regular', () => {
  fc.assert(
    fc.property(regular, text, (pattern, name) => {
      fc.pre(name !== '');
      const compiled = new RegExp(pattern, 'i');

      const could = couldMatch(compiled, [{ text: name }]);

      assert.equal(could, compiled.test(name));
    }),
    { numRuns: 1000 },
  );
});
