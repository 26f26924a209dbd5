/** Keys: the same place has the same key in every build and run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameKey } from '../../../../src/analysis/stack/frame-key.ts';
import type { Frame } from '../../../../src/model/report.ts';

function key(frame: Omit<Frame, 'raw'>): string {
  return frameKey({ raw: '', ...frame });
}

test('names that compilers and run-times number anew are folded', () => {
  for (const [module, name, expected] of [
    ['com.shop.Cart', 'lambda$add$0', 'com.shop.Cart.lambda$add$'],
    ['com.shop.Cart', 'add$lambda$3', 'com.shop.Cart.add$lambda$'],
    ['com.shop.Cart', 'add$lambda-0', 'com.shop.Cart.add$lambda-'],
    ['com.shop.Cart', 'access$2500', 'com.shop.Cart.access$'],
    ['com.shop.Cart', '-wrap11', 'com.shop.Cart.-wrap'],
    ['com.shop.Cart$$Lambda$14/0x0008', 'run', 'com.shop.Cart$$Lambda.run'],
    ['com.shop.-$$Lambda$Cart$cpk2FDlr72', 'run', 'com.shop.-$$Lambda$Cart.run'],
    ['com.shop.Cart$$ExternalSyntheticLambda12', 'run', 'com.shop.Cart$$ExternalSyntheticLambda.run'],
    ['com.sun.proxy.$Proxy12', 'get', 'com.sun.proxy.$Proxy.get'],
    ['sun.reflect.GeneratedMethodAccessor77', 'invoke', 'sun.reflect.GeneratedMethodAccessor.invoke'],
    ['com.shop.Cart$$EnhancerBySpringCGLIB$$1a2b', 'add', 'com.shop.Cart$$EnhancerBySpringCGLIB$$.add'],
    ['shop.core$fn__123', 'invoke', 'shop.core$fn__.invoke'],
    ['com.shop.Main$1', 'onClick', 'com.shop.Main$1.onClick'],
    ['com.shop.Md5', 'step2', 'com.shop.Md5.step2'],
  ] as const) {
    assert.equal(key({ module, function: name }), expected);
  }
});

test('native keys have neither path nor arguments', () => {
  for (const [library, name, expected] of [
    ['/system/lib/libc.so', 'raise', 'libc.so!raise'],
    ['/a/base.apk!libapp.so', 'ns::Map<int, A<B>>::put(int, char const*) const', 'libapp.so!ns::Map<T>::put'],
    ['/a/liba.so', '(anonymous namespace)::run(void*)', 'liba.so!(anonymous namespace)::run'],
    ['/a/liba.so', 'A::operator()(int)', 'liba.so!A::operator()'],
    ['/a/liba.so', 'core::fmt::write::h0123456789abcdef', 'liba.so!core::fmt::write'],
    ['[anon:dalvik-jit]', undefined, '[anon]'],
  ] as const) {
    assert.equal(key({ package: library, ...(name === undefined ? {} : { function: name }) }), expected);
  }
});

test('script keys have no content hash, query or alias', () => {
  assert.equal(key({ file: 'https://a/assets/index-3f9c2a1b.js?v=1', function: 'async f' }), 'f (index.js)');
  assert.equal(key({ file: '/a/cart.py', function: 'total' }), 'total (cart.py)');
  assert.equal(key({ file: 'a.js', function: 'new Cart [as make]' }), 'Cart (a.js)');
  assert.equal(key({ file: '<anonymous>', function: 'Array.map' }), 'Array.map');
});

test('a key does not depend on lines, columns, addresses and offsets', () => {
  const names = { function: fc.string(), module: fc.string(), package: fc.string(), file: fc.string() };
  const frames = fc.record(names, { requiredKeys: [] });
  const places = fc.record({ line: fc.nat(), column: fc.nat(), address: fc.string(), offset: fc.nat() });
  fc.assert(
    fc.property(frames, places, places, (frame, one, other) => {
      assert.equal(key({ ...frame, ...one }), key({ ...frame, ...other }));
    }),
  );
});
