/**
 * Lines of a byte stream, one at a time, in bounded memory: what is longer than the limit is
 * thrown away while it is read, and told of.
 */

/** One line without its end; `bytes` is `null` where it was over the limit. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Uint8Array | null;
}

const LINE_FEED = 10;

/** The lines of `chunks`; the last one needs no line feed. Rejects as the stream does. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<Line> {
  let number = 1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes > lineBytesMax) held = [];
    else held.push(part);
  };
  const take = (): Line => {
    const line: Line = { number, bytes: heldBytes > lineBytesMax ? null : Buffer.concat(held) };
    number += 1;
    held = [];
    heldBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    hold(chunk.subarray(start));
  }
  if (heldBytes > 0) yield take();
}
