/**
 * Frames at which a main thread waits for work: it is idle there, not stuck.
 *
 * Android's `MessageQueue.nativePollOnce` (AOSP `android/os/MessageQueue.java`), the wait of a Darwin
 * run loop for a Mach message (`mach_msg_trap`, since iOS 16 `mach_msg2_trap`), and `(idle)`, V8's own
 * name in CPU profiles.
 */
import type { Frame } from '../../model/report.ts';

const NATIVE_IDLE: ReadonlySet<string> = new Set(['mach_msg_trap', 'mach_msg2_trap', '(idle)']);

/** Whether a thread whose innermost managed frame is `frame` waits for work. */
export function isIdle(frame: Frame): boolean {
  if (frame.function === 'nativePollOnce') return frame.module === 'android.os.MessageQueue';
  return frame.module === undefined && frame.function !== undefined && NATIVE_IDLE.has(frame.function);
}
