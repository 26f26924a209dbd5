/**
 * The frames between a program's decision to abort and the signal that ends it.
 *
 * They are the same in every abort and tell nothing of its cause. Names as in AOSP's
 * `bionic/libc/bionic/abort.cpp`, `libbase/logging.cpp` and glibc's `abort`.
 */
import type { Frame } from '../../model/report.ts';

const ABORT_FUNCTIONS: ReadonlySet<string> = new Set([
  'abort',
  'gsignal',
  'kill',
  'pthread_kill',
  '__pthread_kill',
  '__pthread_kill_implementation',
  '__pthread_kill_internal',
  'raise',
  'syscall',
  'tgkill',
  '__assert2',
  '__assert_fail',
  '__android_log_assert',
  '__libc_android_abort',
  'android::base::DefaultAborter(char const*)',
  '_ZN7android4base14DefaultAborterEPKc',
  'android::base::LogMessage::~LogMessage()',
  '_ZN7android4base10LogMessageD2Ev',
]);

/** Whether `frame` is one of them. */
export function isAbortPath(frame: Frame): boolean {
  return frame.native === true && frame.function !== undefined && ABORT_FUNCTIONS.has(frame.function);
}
