/** A frame as it is published. Hot: once per frame of each finding, the usual Java one in one piece. */
import type { FindingFrame } from '../model/finding.ts';
import type { Frame } from '../model/report.ts';
import { isShared, share } from '../model/shared.ts';
import type { Mutable } from './mutable.ts';

/** Those of lists that are shared. */
const PUBLISHED = new WeakMap<readonly Frame[], readonly FindingFrame[]>();

/** The frames as they are published; of a shared list it is one list, shared too. */
export function findingFrames(frames: readonly Frame[]): readonly FindingFrame[] {
  const known = PUBLISHED.get(frames);
  if (known !== undefined) return known;
  const published = frames.map(findingFrame);
  if (isShared(frames)) PUBLISHED.set(frames, share(published));
  return published;
}

/** What was understood of a frame; its line of the report only where that is nothing. */
function findingFrame(frame: Frame): FindingFrame {
  const { function: name, module, file, line } = frame;
  if (name === undefined || module === undefined || file === undefined || line === undefined)
    return anyFrame(frame);
  return frame.inApp === true
    ? { function: name, module, file, line, in_app: true }
    : { function: name, module, file, line };
}

function anyFrame(frame: Frame): FindingFrame {
  const published: Mutable<FindingFrame> = {};
  if (frame.function !== undefined) published.function = frame.function;
  if (frame.module !== undefined) published.module = frame.module;
  if (frame.file !== undefined) published.file = frame.file;
  if (frame.line !== undefined) published.line = frame.line;
  if (frame.column !== undefined) published.column = frame.column;
  if (frame.package !== undefined) published.package = frame.package;
  if (frame.address !== undefined) published.address = frame.address;
  if (frame.inApp === true) published.in_app = true;
  if (frame.function === undefined && frame.package === undefined && frame.file === undefined)
    published.raw = frame.raw;
  return published;
}
