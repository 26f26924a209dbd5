/** A frame as it is published. Hot: once per frame of each finding, the usual Java one in one piece. */
import type { FindingFrame } from '../model/finding.ts';
import type { Frame } from '../model/report.ts';
import type { Mutable } from './mutable.ts';

/** What was understood of a frame; its line of the report only where that is nothing. */
export function findingFrame(frame: Frame): FindingFrame {
  const { function: name, module, file, line, inApp } = frame;
  if (
    name !== undefined &&
    module !== undefined &&
    file !== undefined &&
    line !== undefined &&
    inApp !== undefined
  ) {
    return { function: name, module, file, line, in_app: inApp };
  }
  return anyFrame(frame);
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
  if (frame.inApp !== undefined) published.in_app = frame.inApp;
  if (frame.function === undefined && frame.package === undefined && frame.file === undefined)
    published.raw = frame.raw;
  return published;
}
