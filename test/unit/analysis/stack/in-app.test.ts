/** Which frames count as the app's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInApp } from '../../../../src/analysis/stack/in-app.ts';

const frame = { raw: '' };

test("the platform's packages are not the app's, names that only begin alike are", () => {
  for (const module of [
    'java.lang.Thread',
    'android.view.View',
    'kotlin.Unit',
    'com.android.internal.Zygote',
  ]) {
    assert.equal(isInApp({ ...frame, module }, 'java'), false, module);
  }
  for (const module of ['com.shop.Main', 'javassist.Util', 'androidkit.View', 'a.b', 'Main']) {
    assert.equal(isInApp({ ...frame, module }, 'java'), true, module);
  }
});

test('libraries of the system are not the app’s, those it brought are', () => {
  assert.equal(isInApp({ ...frame, package: '/apex/com.android.art/lib64/libart.so' }, 'native'), false);
  assert.equal(isInApp({ ...frame, package: '[vdso]' }, 'native'), false);
  assert.equal(isInApp({ ...frame, package: '/data/app/com.shop/lib/libshop.so' }, 'native'), true);
});

test('scripts of the engine, of packages and of extensions are not the app’s', () => {
  for (const file of [
    'node:fs',
    'internal/timers.js',
    '/a/node_modules/x/i.js',
    '<anonymous>',
    'chrome-extension://x/y.js',
  ]) {
    assert.equal(isInApp({ ...frame, file }, 'javascript'), false, file);
  }
  assert.equal(isInApp({ ...frame, file: 'https://shop.example/app.js' }, 'javascript'), true);
  assert.equal(isInApp(frame, 'javascript'), false);
});

test('Python’s library and installed packages are not the app’s', () => {
  for (const file of ['/usr/lib/python3.12/runpy.py', '/v/site-packages/x.py', '<frozen importlib>']) {
    assert.equal(isInApp({ ...frame, file }, 'python'), false, file);
  }
  assert.equal(isInApp({ ...frame, file: '/srv/shop/cart.py' }, 'python'), true);
});
