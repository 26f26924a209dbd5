import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, suggest } from '../../../src/config/suggest.ts';

const KEYS = ['lanes', 'laneLengthMax', 'batch', 'from', 'http'];

/** A word and what is suggested for it. */
const WORDS: readonly (readonly [word: string, near: string | null])[] = [
  ['lnes', 'lanes'],
  ['lanse', 'lanes'],
  ['LANES', 'lanes'],
  ['lane', 'lanes'],
  ['laneLength', 'laneLengthMax'],
  ['form', 'from'],
  ['htp', 'http'],
  ['b', null],
  ['timeout', null],
  ['x'.repeat(10_000), null],
];

for (const [word, near] of WORDS) {
  test(`for ${word.slice(0, 20)} it suggests ${near ?? 'nothing'}`, () => {
    assert.equal(suggest(word, KEYS), near);
  });
}

test('nothing near is nothing said', () => {
  assert.equal(didYouMean('lnes', KEYS), '; did you mean "lanes"?');
  assert.equal(didYouMean('zzz', KEYS), '');
});
