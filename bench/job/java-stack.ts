/**
 * What the job of the benchmark finds in a Java stack, and how that is told: the exception's type, the
 * top frame, how many frames there are, and a group, which is the SHA-256 of the sixteen top frames.
 * Two modules read the stack; what they have read becomes a finding here, so that the finding is the same.
 */
import { hash } from 'node:crypto';
import type { CustomFinding } from '../../src/model/analyzer.ts';
import type { PerfEvent } from '../../src/model/event.ts';

/** Frames of a stack that its group is made of. */
export const GROUP_FRAMES = 16;

/** What was read of a stack. */
export interface JavaStack {
  /** Type of the first exception, empty where none is named. */
  readonly type: string;
  /** `class.method` of the top frames, at most {@link GROUP_FRAMES}; digits of classes are folded. */
  readonly keys: readonly string[];
  /** Frames in all, those of causes included. */
  readonly frames: number;
}

/** The part of an event that the job looks at. */
export type JobEvent = Pick<PerfEvent, 'dimensions' | 'profileData'>;

/** The finding, some 300 bytes of JSON without what the engine adds. Reports that are no text have no frames. */
export function findingOf(
  { dimensions, profileData }: JobEvent,
  read: (report: string) => JavaStack,
): CustomFinding {
  const { type, keys, frames } = read(typeof profileData.report === 'string' ? profileData.report : '');
  return {
    app: dimensions['app_id'],
    device: dimensions['device_id'],
    type,
    top: keys[0] ?? '',
    frames,
    group: hash('sha256', keys.join('\n')),
  };
}
