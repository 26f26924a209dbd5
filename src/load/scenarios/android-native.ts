/** Tombstones of the shop's Android app: native crashes as debuggerd writes them. */
import type { Scenario } from './scenario.ts';

const RULE = '*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***';
const LIBRARY = '/data/app/com.example.shop/lib/arm64/libshopscan.so';
const LIBRARY_ID = '(BuildId: 5d3c1a0be9f24477a1c8e0b6d2f39a8471c05e6b)';
const LIBC = '/apex/com.android.runtime/lib64/bionic/libc.so';
const LIBC_ID = '(BuildId: 91b04c7e6a2fd853e0479ab1c6d8f2053be714a9)';

interface NativeCrash {
  readonly thread: string;
  readonly scene: string;
  readonly cause: readonly string[];
  readonly frames: readonly string[];
}

const tombstone = ({ thread, scene, cause, frames }: NativeCrash): Scenario => ({
  kind: 'crash',
  platform: 'android',
  format: 'tombstone',
  process: 'com.example.shop',
  thread,
  scene,
  report: [
    RULE,
    "Build fingerprint: 'example/shopphone/shopphone:14/UP1A.231005.007/10754064:user/release-keys'",
    "Revision: '0'",
    "ABI: 'arm64'",
    'Timestamp: {{timestamp}}',
    `Process uptime: {{uptime}}ms`,
    'Cmdline: com.example.shop',
    `pid: {{pid}}, tid: {{pid}}, name: ${thread}  >>> com.example.shop <<<`,
    'uid: 10214',
    ...cause,
    '    x0  0000000000000000  x1  00000079{{address}}  x2  0000000000000040  x3  0000000000000003',
    '    x4  00000079{{address}}  x5  0000000000000010  x6  7f7f7f7f7f7f7f7f  x7  0101010101010101',
    '    lr  0000007a2c41b6f0  sp  0000007fe2b1c4a0  pc  0000007a2c41b718  pst 0000000060001000',
    '',
    'backtrace:',
    ...frames.map((frame, index) => `      #${String(index).padStart(2, '0')} pc ${frame}`),
    '',
  ].join('\n'),
});

/** All of them. */
export const ANDROID_NATIVE: readonly Scenario[] = [
  tombstone({
    thread: 'scan-decoder',
    scene: 'scanner',
    cause: ['signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x00000000{{address}}'],
    frames: [
      `000000000001b718  ${LIBRARY} (shopscan::BarcodeReader::decodeRow(unsigned char const*, int)+184) ${LIBRARY_ID}`,
      `000000000001c2e4  ${LIBRARY} (shopscan::BarcodeReader::scan(shopscan::Frame const&)+420) ${LIBRARY_ID}`,
      `0000000000014f3c  ${LIBRARY} (Java_com_example_shop_scan_NativeScanner_scan+96) ${LIBRARY_ID}`,
      '0000000000222244  /apex/com.android.art/lib64/libart.so (art_quick_generic_jni_trampoline+148)',
      '0000000002031d64  /memfd:jit-cache (deleted) (com.example.shop.scan.ScannerThread.run+164)',
      `00000000000b63b0  ${LIBC} (__pthread_start(void*)+208) ${LIBC_ID}`,
      `00000000000530b8  ${LIBC} (__start_thread+64) ${LIBC_ID}`,
    ],
  }),
  tombstone({
    thread: 'RenderThread',
    scene: 'product',
    cause: [
      'signal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------',
      "Abort message: 'texture {{order}} was released twice'",
    ],
    frames: [
      `000000000005c7b4  ${LIBC} (abort+164) ${LIBC_ID}`,
      `0000000000022d08  ${LIBRARY} (shopscan::fail(char const*, ...)+132) ${LIBRARY_ID}`,
      `0000000000026e5c  ${LIBRARY} (shopscan::TexturePool::release(unsigned int)+76) ${LIBRARY_ID}`,
      `00000000000271a0  ${LIBRARY} (shopscan::ProductViewer::drawFrame()+512) ${LIBRARY_ID}`,
      '000000000029a3f4  /system/lib64/libhwui.so (android::uirenderer::renderthread::RenderThread::threadLoop()+220)',
      '00000000000148e8  /system/lib64/libutils.so (android::Thread::_threadLoop(void*)+424)',
      `00000000000b63b0  ${LIBC} (__pthread_start(void*)+208) ${LIBC_ID}`,
      `00000000000530b8  ${LIBC} (__start_thread+64) ${LIBC_ID}`,
    ],
  }),
];
