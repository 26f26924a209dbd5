/**
 * Each distinct line of sampled stacks, parsed once.
 *
 * Samples repeat the same few lines thousands of times, so a line costs one look-up. Frames are
 * merged by the key that crashes group by (`stack/frame-key.ts`): two lines of one method are one.
 */
import type { Frame } from '../../model/report.ts';
import { frameKey } from '../stack/frame-key.ts';
import { parseStackLine, type StackLine } from './stack-line.ts';

/** A distinct line. */
export interface TableLine extends StackLine {
  /** As it stood in the stack. */
  readonly text: string;
  /** Index of this line. */
  readonly id: number;
  /** Number of the key that it merges by. */
  readonly key: number;
  /** What it called when it was last met: the best guess for the next time. */
  callee: TableLine | null;
}

/** Lines and keys by number. */
export class FrameTable {
  readonly #byText = new Map<string, TableLine>();
  readonly #lines: TableLine[] = [];
  readonly #keyIds = new Map<string, number>();
  readonly #names: string[] = [];
  /** By key, the line whose text comes first: which one is told of does not hang on the samples' order. */
  readonly #speakers: TableLine[] = [];
  readonly #lineBytesMax: number;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The entry of a line; an unknown one is parsed. Hot: once per line of every sample. */
  line(text: string): TableLine {
    return this.#byText.get(text) ?? this.#add(text);
  }

  #add(text: string): TableLine {
    const parsed = parseStackLine(text.slice(0, this.#lineBytesMax));
    const name = frameKey(parsed.frame) || parsed.frame.raw;
    let key = this.#keyIds.get(name);
    if (key === undefined) {
      key = this.#names.length;
      this.#keyIds.set(name, key);
      this.#names.push(name);
    }
    const { frame, formed, idle } = parsed;
    const line: TableLine = { frame, formed, idle, text, id: this.#lines.length, key, callee: null };
    this.#lines.push(line);
    this.#byText.set(text, line);
    const speaker = this.#speakers[key];
    if (speaker === undefined || line.frame.raw < speaker.frame.raw) this.#speakers[key] = line;
    return line;
  }

  /** The text of a key: what a node of the tree is called. */
  nameOf(key: number): string {
    return this.#names[key] ?? '';
  }

  /** A frame for a key: that of `line`, or, for several places in one method, one without a place. */
  frameOf(key: number, line: number): Frame {
    const exact = this.#lines[line];
    if (exact !== undefined) return exact.frame;
    const speaker = this.#speakers[key];
    return speaker === undefined ? { raw: '' } : withoutPlace(speaker.frame);
  }
}

/** What remains true of a frame when only its function is known. */
function withoutPlace(frame: Frame): Frame {
  const { line: _line, column: _column, address: _address, offset: _offset, ...rest } = frame;
  return { ...rest, raw: '' };
}
