import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readContent } from '../../../src/load/content.ts';

function faultOf(content: string | Uint8Array): string | null {
  const read = readContent(Buffer.from(content));
  return 'fault' in read ? read.fault : null;
}

test('text is read as it is, without its byte order mark', () => {
  assert.deepEqual(readContent(Buffer.from('\uFEFFgrüße\r\n')), { text: 'grüße\r\n' });
});

test('a stray invalid byte does not make a text binary', () => {
  const latin1 = Buffer.from('Zahlung für Bestellung 12 abgelehnt', 'latin1');

  assert.deepEqual(readContent(latin1), { text: 'Zahlung f\uFFFDr Bestellung 12 abgelehnt' });
});

test('what cannot be a report is told by its kind', () => {
  assert.equal(faultOf(''), 'empty');
  assert.equal(faultOf(' \r\n\t'), 'empty');
  assert.equal(faultOf('MZ\0rest'), 'binary');
  assert.equal(faultOf(Uint8Array.from({ length: 256 }, (_, index) => 255 - index / 2)), 'binary');
  assert.equal(faultOf('# compiler: R8\n\ncom.example.Shop -> a.a:\n    void f() -> a\n'), 'a mapping');
  assert.equal(faultOf('com.example.Shop -> a.a:\r\n'), 'a mapping');
  assert.equal(faultOf('{"version":3,"sources":["a.ts"],"names":[],"mappings":"AAAA"}'), 'a source map');
  assert.equal(faultOf('MODULE Linux x86_64 5D3C1A0BE9F24477A1C8E0B6D2F39A840 libshop.so\n'), 'symbols');
});

test('a report that only quotes such things is one', () => {
  assert.equal(faultOf('Error: x\ncom.example.Shop -> a.a:\n'), null);
  assert.equal(faultOf('{"stack":"x","map":{"sources":[],"mappings":""}}'), null);
  assert.equal(faultOf('{"sources" "mappings"'), null);
  assert.equal(faultOf('MODULE is missing'), null);
});

test('any bytes are either a text or a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const read = readContent(bytes);
      assert.ok('fault' in read || read.text.trim() !== '');
    }),
  );
});
