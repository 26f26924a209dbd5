/** What the crash tests share: limits, an event, and reports in each format, written for these tests. */
import assert from 'node:assert/strict';
import { analyzeCrash } from '../../../../src/analysis/crash/analyze.ts';
import { parseCrash } from '../../../../src/analysis/crash/parse.ts';
import type { PerfEvent } from '../../../../src/model/event.ts';
import type { Analysis, CrashResult } from '../../../../src/model/finding.ts';
import type { CrashReport } from '../../../../src/model/report.ts';
import type { AnalysisLimits } from '../../../../src/model/task.ts';

export const LIMITS: AnalysisLimits = {
  eventBytesMax: 1_048_576,
  findingBytesMax: 1_048_576,
  reportBytesMax: 1_048_576,
  reportLinesMax: 20_000,
  lineBytesMax: 8_192,
  framesMax: 500,
  threadsMax: 100,
  causesMax: 20,
  samplesMax: 1_000,
  memoBytesMax: 0,
};

export function eventOf(report: unknown, format = 'auto'): PerfEvent {
  return {
    id: 'e1',
    category: 'PERF_CRASH',
    timestampMs: 0,
    dimensions: {},
    values: {},
    profileData: { format, report },
    problems: [],
  };
}

export function analyze(report: unknown, limits: AnalysisLimits = LIMITS): Analysis & CrashResult {
  const finding = analyzeCrash(eventOf(report), limits, { explain: true });
  assert.equal(finding.kind, 'crash');
  return finding;
}

export function parse(report: unknown, limits: AnalysisLimits = LIMITS): CrashReport {
  return parseCrash(report, 'auto', limits).report;
}

/** The codes of the problems of a finding or report. */
export function codes(found: { readonly problems?: CrashReport['problems'] }): string[] {
  return (found.problems ?? []).map(({ code }) => code);
}

export const JAVA: string = [
  'java.lang.RuntimeException: Unable to start activity ComponentInfo{com.shop/com.shop.Main}',
  '\tat android.app.ActivityThread.performLaunchActivity(ActivityThread.java:2416)',
  '\tat java.lang.reflect.Method.invoke(Native Method)',
  'Caused by: java.lang.IllegalStateException: cart 4711 is closed',
  '\tat com.shop.cart.Cart.add(Cart.kt:31)',
  '\tat com.shop.cart.CartView$1.onClick(CartView.kt:77)',
  '\tat android.view.View.performClick(View.java:6597)',
  '\t... 9 more',
].join('\n');

export const TOMBSTONE: string = [
  '*** *** *** *** *** *** *** *** *** *** *** *** *** *** *** ***',
  "Build fingerprint: 'acme/phone/phone:14/AB1.2/7:user/release-keys'",
  "ABI: 'arm64'",
  'pid: 812, tid: 830, name: Decoder  >>> com.shop:media <<<',
  'signal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------',
  "Abort message: 'queue is",
  "full'",
  '    x0  0000000000000000  x1  000000000000033e  x2  0000000000000006',
  '',
  'backtrace:',
  '      #00 pc 0000000000051b64  /apex/com.android.runtime/lib64/bionic/libc.so (abort+164) (BuildId: 0f1e2d)',
  '      #01 pc 000000000001a2b0  /data/app/~~k3y==/com.shop-x1==/base.apk!libmedia.so (offset 0x4000) (shop::Queue<int>::push(int, bool) const+88) (BuildId: a1b2c3)',
  '      #02 pc 0000000000020000  [anon:dalvik-jit-code-cache]',
  '      #03 pc 00000000000c1d20  /apex/com.android.runtime/lib64/bionic/libc.so (__pthread_start(void*)+264)',
  '',
  'stack:',
  '         0000007a1c0b2a10  0000007a1c0b2a40',
  '    #00  0000007a1c0b2a20  0000000000000001',
  '--- --- --- --- --- --- --- --- --- --- --- --- --- --- --- ---',
  'pid: 812, tid: 812, name: com.shop:media  >>> com.shop:media <<<',
  'backtrace:',
  '      #00 pc 00000000000a1b2c  /apex/com.android.runtime/lib64/bionic/libc.so (__epoll_pwait+8)',
].join('\n');

export const V8: string = [
  'TypeError: Cannot read properties of undefined',
  "(reading 'total')",
  '    at sum (https://shop.example/assets/index-3f9c2a1b.js:1:2042)',
  '    at async Promise.all (index 0)',
  '    at new Cart (https://shop.example/assets/index-3f9c2a1b.js:1:99)',
  '    at Array.map (<anonymous>)',
  '    at eval (eval at run (https://shop.example/sandbox.js:7:3), <anonymous>:1:1)',
  '    at node:internal/timers:594:17',
].join('\n');

export const PYTHON: string = [
  'Traceback (most recent call last):',
  '  File "/srv/shop/cart.py", line 12, in total',
  '    return prices[item]',
  '           ~~~~~~^^^^^^',
  "KeyError: 'apple'",
  '',
  'The above exception was the direct cause of the following exception:',
  '',
  'Traceback (most recent call last):',
  '  File "/usr/lib/python3.12/runpy.py", line 198, in _run_module_as_main',
  '    return _run_code(code)',
  '  File "/srv/shop/main.py", line 30, in checkout',
  "    raise CheckoutError('no total') from error",
  'shop.errors.CheckoutError: no total',
].join('\n');
