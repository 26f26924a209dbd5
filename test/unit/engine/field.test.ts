import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldPath, findField } from '../../../src/engine/field.ts';
import { bytes, text } from './support.ts';

/** The text that a scan finds, or `null`. */
function found(value: Uint8Array | string, path: string, bytesMax = 1_000_000): string | null {
  const json = typeof value === 'string' ? bytes(value) : value;
  const place = findField(json, fieldPath(path), bytesMax);
  return place === null ? null : text(json.subarray(place.start, place.end));
}

/** What `JSON.parse` says of the same: the source text of a string that is not empty, or of a number. */
function expected(value: unknown, path: readonly string[]): string | null {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, name)) return null;
    at = (at as Record<string, unknown>)[name];
  }
  if (typeof at === 'number') return JSON.stringify(at);
  return typeof at === 'string' && at !== '' ? JSON.stringify(at).slice(1, -1) : null;
}

/** All paths of names into a value, those of no use included. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[]];
  const below = Object.entries(value).flatMap(([name, inner]) =>
    pathsOf(inner).map((path) => [name, ...path]),
  );
  return [...below, ['absent']];
}

/** Names are written without dots, since a dot parts names, and without what JSON escapes. */
const name = fc.string({ unit: 'binary', maxLength: 6 }).filter((text_) => {
  return !text_.includes('.') && JSON.stringify(text_) === `"${text_}"` && text_.isWellFormed();
});
const anyObject = fc
  .object({
    key: name,
    maxDepth: 4,
    values: [
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ],
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);

test('it finds what JSON.parse finds: the source text of a string or number, nothing else', () => {
  fc.assert(
    fc.property(anyObject, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      for (const path of pathsOf(value).filter(({ length }) => length > 0))
        assert.equal(found(json, path.join('.')), expected(JSON.parse(json), path), path.join('.'));
    }),
    { numRuns: 500 },
  );
});

test('a name or a brace inside a string is no field', () => {
  assert.equal(found('{"a":"{\\"b\\":1}","b":2}', 'b'), '2');
  assert.equal(found('{"a":"\\\\","b":"x"}', 'b'), 'x');
  assert.equal(found('{"a":["b",{"b":1}],"c":{"b":3},"b":4}', 'b'), '4');
  assert.equal(found('{"x":"b"}', 'b'), null);
});

test('an object in a list is not walked into, and the first of two fields of one name counts', () => {
  assert.equal(found('[{"a":1}]', 'a'), null);
  assert.equal(found('{"a":[{"b":1}]}', 'a.b'), null);
  assert.equal(found('{"a":"first","a":"second"}', 'a'), 'first');
});

test('a byte order mark and blanks before the object do no harm', () => {
  const json = Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes(' \r\n\t{ "a" : "x" }'));

  assert.equal(found(json, 'a'), 'x');
});

test('true, false, null, an empty string, objects and lists name nothing', () => {
  for (const value of ['true', 'false', 'null', '""', '{}', '[]', '{"b":1}'])
    assert.equal(found(`{"a":${value}}`, 'a'), null, value);
});

test('a value that the bound cuts off is not there, one that ends before it is', () => {
  const json = '{"a":"long","b":12345}';
  const behindString = json.indexOf('long') + 5;
  const behindNumber = json.indexOf('12345') + 5;

  assert.equal(found(json, 'a', behindString), 'long');
  assert.equal(found(json, 'a', behindString - 1), null);
  assert.equal(found(json, 'b', behindNumber + 1), '12345');
  for (let bound = 0; bound <= behindNumber; bound++) assert.equal(found(json, 'b', bound), null);
});

test('however JSON is cut off, it gives the whole text or nothing', () => {
  fc.assert(
    fc.property(anyObject, fc.nat(), (value, cut) => {
      const json = bytes(JSON.stringify(value));
      for (const path of pathsOf(value).filter(({ length }) => length > 0)) {
        const text_ = found(json.subarray(0, cut % (json.length + 1)), path.join('.'));
        if (text_ !== null) assert.equal(text_, expected(value, path));
      }
    }),
  );
});

/** Bytes that look like JSON from far away. */
const rubbish = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '"a"', '"a":', '1', ' '), {
      maxLength: 40,
    })
    .map((parts) => bytes(`{${parts.join('')}`)),
);

test('whatever the bytes, it never throws and never points past its bound', () => {
  fc.assert(
    fc.property(rubbish, fc.nat(80), (value, bytesMax) => {
      const place =
        findField(value, fieldPath('a.a'), bytesMax) ?? findField(value, fieldPath('a'), bytesMax);

      if (place !== null) {
        assert.ok(place.start > 0 && place.start < place.end);
        assert.ok(place.end <= Math.min(bytesMax, value.length));
      }
    }),
    { numRuns: 2000 },
  );
});

/** Bytes that count how often one of them is looked at. */
function counted(value: Uint8Array): { bytes: Uint8Array; looks: () => number } {
  let looks = 0;
  const watch = (target: Uint8Array): Uint8Array =>
    new Proxy(target, {
      get: (of, property) => {
        if (property === 'indexOf')
          return (byte: number, from: number): number => {
            const at = of.indexOf(byte, from);
            looks += (at < 0 ? of.length : at + 1) - Math.min(from, of.length);
            return at;
          };
        if (property === 'subarray') return (from: number, to: number) => watch(of.subarray(from, to));
        if (typeof property === 'string' && /^\d+$/.test(property)) looks += 1;
        return Reflect.get(of, property, of) as unknown;
      },
    });
  return { bytes: watch(value), looks: () => looks };
}

test('the work is linear: no byte is looked at more than a few times, whatever they are', () => {
  const half = 20_000;
  const nasty = [
    `{"a":"${'\\'.repeat(half)}"`,
    `{"a":"${'\\"'.repeat(half)}"}`,
    `{"b":${'['.repeat(half)}${']'.repeat(half)},"a":1}`,
    `{"b":${'{"a":'.repeat(half / 4)}`,
    `{${'"b":1,'.repeat(half / 4)}"a":"x"}`,
    `{${' '.repeat(half)}"a"${' '.repeat(half)}:1}`,
    '{"a":'.repeat(half / 4),
    '"'.repeat(half),
  ];

  for (const json of nasty) {
    const value = counted(bytes(json));
    findField(value.bytes, fieldPath(new Array<string>(50).fill('a').join('.')), json.length);
    assert.ok(value.looks() <= 6 * json.length + 100, `${json.slice(0, 20)}… ${value.looks()} looks`);
  }
});

test('nothing beyond the bound is looked at', () => {
  const value = counted(bytes(`{"b":"${'x'.repeat(100_000)}","a":1}`));

  findField(value.bytes, fieldPath('a'), 1000);

  assert.ok(value.looks() <= 6000);
});
