/** JavaScript frames of the engines that are met. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJsFrame } from '../../../../src/analysis/stack/js-frame.ts';

type Place = readonly [name: string | undefined, file: string | undefined, line?: number, column?: number];

function read(line: string): Place | null {
  const frame = parseJsFrame(line);
  if (frame === null) return null;
  const place: Place = [frame.function, frame.file];
  return frame.line === undefined
    ? place
    : ([...place, frame.line, ...(frame.column === undefined ? [] : [frame.column])] as unknown as Place);
}

const FORMS: readonly (readonly [string, Place | null])[] = [
  ['    at f (https://a.example/(x)/b.js:20:16)', ['f', 'https://a.example/(x)/b.js', 20, 16]],
  ['at https://a.example/b.js:1:2', [undefined, 'https://a.example/b.js', 1, 2]],
  ['at async file:///a/b.mjs:16:5', [undefined, 'file:///a/b.mjs', 16, 5]],
  ['at async file:///a/b.mjs:38:1 {', [undefined, 'file:///a/b.mjs', 38, 1]],
  ['at async file:///a/b.mjs:38:1,', [undefined, 'file:///a/b.mjs', 38, 1]],
  ['at async Promise.any (index 1),', ['async Promise.any', undefined]],
  ['at new Cart (C:\\my app\\cart.js:3:4)', ['new Cart', 'C:\\my app\\cart.js', 3, 4]],
  ['at Cart.eval [as total] (cart.tsx?33f8:256:1)', ['Cart.eval [as total]', 'cart.tsx?33f8', 256, 1]],
  ['at baz (eval at foo (eval at run (a.js:21:17)), <anonymous>:1:30)', ['baz', 'a.js', 21, 17]],
  ['at Array.map (<anonymous>)', ['Array.map', '<anonymous>']],
  ['at Array.forEach (native)', ['Array.forEach', undefined]],
  ['at async Promise.all (index 0)', ['async Promise.all', undefined]],
  ['at render(/home/u/app.js:78:24)', ['render', '/home/u/app.js', 78, 24]],
  ['at f (data:text/javascript,throw%201:1:2)', ['f', '<data:text/javascript>', 1, 2]],
  ['at file.js:878', [undefined, 'file.js', 878]],
  ['foo/<@http://a.example/@x/b.js:3:9', ['foo/<', 'http://a.example/@x/b.js', 3, 9]],
  ['@http://a.example/b.js:3:9', [undefined, 'http://a.example/b.js', 3, 9]],
  ['bar(1)@http://a.example/b.js:3', ['bar', 'http://a.example/b.js', 3]],
  ['@http://a.example/ line 39 > eval:1:1', ['eval', 'http://a.example/', 39]],
  ['<anonymous function: run>([no arguments])@a.js:27', ['run', 'a.js', 27]],
  ['forEach@[native code]', ['forEach', undefined]],
  ['[native code]', [undefined, undefined]],
  ['index.android.bundle:156:572', [undefined, 'index.android.bundle', 156, 572]],
  ['at <anonymous>', null],
  ['at once (and for all) he said', null],
  ['TypeError: a.js:1:2', null],
  ['mail me@example.org', null],
  ['at ', null],
  ['', null],
];

for (const [line, expected] of FORMS) {
  test(`reads ${JSON.stringify(line)} as ${expected === null ? 'no frame' : 'a frame'}`, () => {
    assert.deepEqual(read(line), expected);
  });
}
