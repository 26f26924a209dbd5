/**
 * What the generator tells stories of: one scenario is one defect of a shop that does not exist,
 * `com.example.shop`, with the report that it leaves behind. Strings may hold the slots below.
 */
import type { ReportKind } from '../topics.ts';

/** What is filled into a scenario's report and envelope for each event. */
export const SLOTS = [
  'id',
  'timestamp',
  'sequence',
  'device',
  'user',
  'model',
  'os',
  'version',
  'build',
  'uptime',
  'memory',
  'order',
  'pid',
  'address',
] as const;

/** The name of a slot. */
export type Slot = (typeof SLOTS)[number];

/** One defect, as the devices that meet it report it. */
export interface Scenario {
  readonly kind: ReportKind;
  readonly platform: 'android' | 'web' | 'python';
  /** Name of the report's format, as in `profile_data.format`. */
  readonly format: string;
  readonly process: string;
  readonly thread: string;
  /** The part of the app that was in use. */
  readonly scene: string;
  /** Text, or an object for sampled stacks. */
  readonly report: unknown;
}

/** How a loop of Android's main thread ends below the app's own frames. */
export const LOOPER_FRAMES = [
  'android.os.Handler.handleCallback(Handler.java:958)',
  'android.os.Handler.dispatchMessage(Handler.java:99)',
  'android.os.Looper.loopOnce(Looper.java:205)',
  'android.os.Looper.loop(Looper.java:294)',
  'android.app.ActivityThread.main(ActivityThread.java:8177)',
  'java.lang.reflect.Method.invoke(Native Method)',
  'com.android.internal.os.RuntimeInit$MethodAndArgsCaller.run(RuntimeInit.java:552)',
  'com.android.internal.os.ZygoteInit.main(ZygoteInit.java:971)',
] as const;

/** Lines of a Java stack: each frame behind a tab and `at`. */
export function atLines(frames: readonly string[]): string {
  return frames.map((frame) => `\tat ${frame}`).join('\n');
}
