/** Native frames as debuggerd, ART and the sanitizers print them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNativeFrame } from '../../../../src/analysis/stack/native-frame.ts';
import type { Frame } from '../../../../src/model/report.ts';

function read(line: string): Omit<Frame, 'raw'> | null {
  const frame = parseNativeFrame(line);
  if (frame === null) return null;
  const { raw, ...shape } = frame;
  assert.equal(raw, line.trim());
  return shape;
}

test('reads library, function, offset and build id', () => {
  const frame = read(
    '    #01 pc 000000000001a2b0  /data/app/x/lib/arm64/liba.so (a::F(int)+88) (BuildId: a1b2)',
  );

  assert.deepEqual(frame, {
    native: true,
    address: '0x1a2b0',
    package: '/data/app/x/lib/arm64/liba.so',
    function: 'a::F(int)',
    offset: 88,
    buildId: 'a1b2',
    inApp: true,
  });
});

test('an offset into an archive and a deleted mapping are not the function', () => {
  const archive = read('#00 pc 0202c2a6  /data/app/com.shop-1==/base.apk (offset 0xbca000)');
  const deleted = read('#00 pc 00001000  /dev/ashmem/jit-cache (deleted)');

  assert.equal(archive?.package, '/data/app/com.shop-1==/base.apk');
  assert.equal(archive?.function, undefined);
  assert.equal(deleted?.package, '/dev/ashmem/jit-cache (deleted)');
});

test("reads the forms of ART's dumps and of sanitizers", () => {
  const art = read(
    '  native: #04 pc 00000000004b1a2c  /apex/com.android.art/lib64/libart.so (art::Run()+12)',
  );
  const sanitizer = read('#0 0x727d4dfdaf  (/system/lib/libasan.so+0x31daf)');

  assert.equal(art?.function, 'art::Run()');
  assert.equal(art?.inApp, false);
  assert.equal(sanitizer?.package, '/system/lib/libasan.so');
  assert.equal(sanitizer?.address, '0x31daf');
});

test('dumped stack words and broken lines are no frames', () => {
  for (const line of ['#00  d2a46608  d2a46628', '#', '#1', '#x pc 12', '#00 pc ', '#00 pc zz /a', '']) {
    assert.equal(read(line), null, line);
  }
});
