/**
 * One line from a socket, bounded in bytes and, where wanted, in time. Never rejects: how it ended is
 * the result.
 */
import type { Socket } from 'node:net';

/** How the reading of a line ended. */
export type LineEnd =
  | { readonly type: 'line'; readonly text: string }
  /** Closed before the line was whole. */
  | { readonly type: 'closed'; readonly bytes: number; readonly error: Error | null }
  | { readonly type: 'too-long' }
  | { readonly type: 'late' };

/** Bounds. */
export interface LineOptions {
  readonly bytesMax: number;
  /** `null`: as long as it takes. */
  readonly timeoutMs: number | null;
}

const LINE_FEED = 0x0a;

/** Reads to the first line feed; what follows is left to others. The timer keeps no process alive. */
export function readLine(socket: Socket, { bytesMax, timeoutMs }: LineOptions): Promise<LineEnd> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const late = (): void => settle({ type: 'late' });
    const timer = timeoutMs === null ? undefined : setTimeout(late, timeoutMs).unref();

    const onData = (chunk: Buffer): void => {
      const end = chunk.indexOf(LINE_FEED);
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end));
      bytes += end === -1 ? chunk.length : end;
      if (bytes > bytesMax) settle({ type: 'too-long' });
      else if (end !== -1) settle({ type: 'line', text: Buffer.concat(chunks).toString('utf8') });
    };
    const onEnd = (): void => settle({ type: 'closed', bytes, error: null });
    const onError = (error: Error): void => settle({ type: 'closed', bytes, error });

    const settle = (end: LineEnd): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      resolve(end);
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  });
}
