/** Hangs of the shop's Android app: ANR dumps as ART writes them, and main-thread stacks sampled in a lag. */
import { LOOPER_FRAMES, type Scenario } from './scenario.ts';

/** One thread of a dump: header lines, then frames and lock lines as they are printed. */
const artThread = (header: string, state: string, lines: readonly string[]): string =>
  [
    `${header} ${state}`,
    '  | group="main" sCount=1 ucsCount=0 flags=1 obj=0x72{{address}} self=0xb400007a{{address}}',
    '  | sysTid={{pid}} nice=-10 cgrp=top-app sched=0/0 handle=0x7b2ce694f8',
    ...lines.map((line) => `  ${line}`),
    '',
  ].join('\n');

const anr = (scene: string, subject: string, threads: readonly string[]): Scenario => ({
  kind: 'lag',
  platform: 'android',
  format: 'anr',
  process: 'com.example.shop',
  thread: 'main',
  scene,
  report: [
    `Subject: ${subject}`,
    '----- pid {{pid}} at 2026-03-09 11:42:07.518236411+0100 -----',
    'Cmd line: com.example.shop',
    "Build fingerprint: 'example/shopphone/shopphone:14/UP1A.231005.007/10754064:user/release-keys'",
    "ABI: 'arm64'",
    'suspend all histogram:\tSum: 1.204ms 99% C.I. 2us-310us Avg: 24us Max: 310us',
    `DALVIK THREADS (${String(threads.length)}):`,
    ...threads,
    '----- end {{pid}} -----',
    '',
  ].join('\n'),
});

const LOOPER_LINES = LOOPER_FRAMES.map((frame) => `at ${frame}`);

const INPUT_TIMEOUT =
  'Input dispatching timed out (com.example.shop/com.example.shop.home.HomeActivity (server) is not responding. Waited 5002ms for MotionEvent)';

const SYNC_LOCK = anr('home', INPUT_TIMEOUT, [
  artThread('"main" prio=5 tid=1', 'Blocked', [
    'at com.example.shop.basket.BasketStore.read(BasketStore.kt:58)',
    '- waiting to lock <0x0b3f7e21> (a com.example.shop.basket.BasketStore) held by thread 19',
    'at com.example.shop.home.HomeViewModel.refresh(HomeViewModel.kt:73)',
    'at com.example.shop.home.HomeActivity.onResume(HomeActivity.kt:92)',
    ...LOOPER_LINES,
  ]),
  artThread('"basket-sync" prio=5 tid=19', 'Native', [
    'native: #00 pc 00000000000a3c18  /apex/com.android.runtime/lib64/bionic/libc.so (pwrite64+8)',
    'native: #01 pc 000000000003a5f0  /system/lib64/libsqlite.so (unixWrite+96)',
    'at android.database.sqlite.SQLiteConnection.nativeExecute(Native method)',
    'at android.database.sqlite.SQLiteConnection.execute(SQLiteConnection.java:730)',
    'at com.example.shop.basket.BasketStore.replaceAll(BasketStore.kt:104)',
    '- locked <0x0b3f7e21> (a com.example.shop.basket.BasketStore)',
    'at com.example.shop.basket.SyncJob.run(SyncJob.kt:41)',
    'at java.lang.Thread.run(Thread.java:1012)',
  ]),
]);

const RECEIVER_IO = anr(
  'background',
  'Broadcast of Intent { act=com.example.shop.PRICE_ALERT flg=0x10 cmp=com.example.shop/.alert.PriceAlertReceiver }',
  [
    artThread('"main" prio=5 tid=1', 'Native', [
      'native: #00 pc 00000000000a4f88  /apex/com.android.runtime/lib64/bionic/libc.so (recvfrom+8)',
      'at libcore.io.Linux.recvfromBytes(Native method)',
      'at libcore.io.Linux.recvfrom(Linux.java:202)',
      'at java.net.SocketInputStream.read(SocketInputStream.java:191)',
      'at com.example.shop.net.FrameReader.readHeader(FrameReader.java:58)',
      'at com.example.shop.alert.PriceAlertReceiver.onReceive(PriceAlertReceiver.kt:37)',
      'at android.app.ActivityThread.handleReceiver(ActivityThread.java:4321)',
      ...LOOPER_LINES.slice(1),
    ]),
    artThread('"Signal Catcher" daemon prio=10 tid=4', 'Runnable', [
      'native: #00 pc 00000000005f2a5c  /apex/com.android.art/lib64/libart.so (art::DumpNativeStack(...)+108)',
      '(no managed stack frames)',
    ]),
  ],
);

/** Time between two samples, milliseconds. */
const SAMPLE_INTERVAL_MS = 50;

/** `runs`: how many samples in a row had these frames (innermost first) above the main loop. */
const sampled = (
  scene: string,
  runs: readonly (readonly [count: number, frames: readonly string[]])[],
): Scenario => {
  const stacks = runs.flatMap(([count, frames]) =>
    Array.from({ length: count }, () => [...frames, ...LOOPER_FRAMES]),
  );
  return {
    kind: 'lag',
    platform: 'android',
    format: 'samples',
    process: 'com.example.shop',
    thread: 'main',
    scene,
    report: {
      thread: 'main',
      interval_ms: SAMPLE_INTERVAL_MS,
      duration_ms: stacks.length * SAMPLE_INTERVAL_MS,
      samples: stacks.map((stack, index) => ({ time: index * SAMPLE_INTERVAL_MS, stack })),
    },
  };
};

const JSON_ON_MAIN = sampled('product', [
  [
    3,
    [
      'com.example.shop.json.JsonReader.nextString(JsonReader.java:412)',
      'com.example.shop.product.ProductParser.parse(ProductParser.kt:66)',
      'com.example.shop.product.ProductFragment.show(ProductFragment.kt:129)',
    ],
  ],
  [
    1,
    [
      'java.util.HashMap.resize(HashMap.java:742)',
      'com.example.shop.product.ProductParser.parse(ProductParser.kt:71)',
      'com.example.shop.product.ProductFragment.show(ProductFragment.kt:129)',
    ],
  ],
]);

const IMAGE_ON_MAIN = sampled('search', [
  [
    2,
    [
      'android.graphics.BitmapFactory.nativeDecodeStream(Native Method)',
      'com.example.shop.image.BitmapDecoder.decode(BitmapDecoder.java:118)',
      'com.example.shop.search.ResultHolder.bind(ResultHolder.kt:52)',
    ],
  ],
  [1, ['com.example.shop.search.ResultHolder.bind(ResultHolder.kt:49)']],
  [
    1,
    [
      'android.view.View.layout(View.java:24458)',
      'com.example.shop.search.ResultList.onLayout(ResultList.kt:88)',
    ],
  ],
]);

/** The ANR dumps. */
export const ANR_DUMPS: readonly Scenario[] = [SYNC_LOCK, RECEIVER_IO];

/** The sampled stacks. */
export const SAMPLED_STACKS: readonly Scenario[] = [JSON_ON_MAIN, IMAGE_ON_MAIN];
