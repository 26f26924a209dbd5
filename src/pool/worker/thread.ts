/**
 * The thread's half of a slot: loads the analyzers once, then runs requests one after the other,
 * however many are posted. Says in a reply what goes wrong; never rejects.
 */
import { toFault } from '../../model/errors.ts';
import { loadAnalyzers } from './analyzers.ts';
import { allocator } from '../buffers.ts';
import type { ThreadData, ThreadReply, ThreadRequest } from './protocol.ts';
import { BatchRunner } from './runner.ts';

/** A thread at work. */
export interface ThreadHalf {
  request(request: ThreadRequest): Promise<ThreadReply>;
  /** Takes a rejection or exception that nobody handled; throws it again while analyzers are being loaded. */
  unhandled(error: unknown): void;
  /** Takes note of who ends the thread, in the context of the call. */
  exiting(): void;
}

/** Starts loading; the first request waits for it. */
export function createThreadHalf(data: ThreadData): ThreadHalf {
  const { tasks, limits } = data;
  const progress = new Int32Array(data.progress);
  let runner: BatchRunner | undefined;
  const loading = loadAnalyzers(tasks).then(
    (analyzers): ThreadReply => {
      runner = new BatchRunner({ tasks, analyzers, limits, progress });
      return { type: 'loaded' };
    },
    (error: unknown): ThreadReply => ({ type: 'failed', fault: toFault(error, 'E_ANALYZER_LOAD') }),
  );

  async function answer(request: ThreadRequest): Promise<ThreadReply> {
    const loaded = await loading;
    if (request === null || runner === undefined) return loaded;
    try {
      return {
        type: 'outcome',
        outcome: await runner.run(request.batch, allocator(request.spare)),
        batch: request.batch,
      };
    } catch (error) {
      return { type: 'failed', fault: toFault(error, 'E_POOL_FAILED') };
    }
  }

  let last: Promise<unknown> = loading;
  return {
    request: (request) => {
      const reply = last.then(() => answer(request));
      last = reply;
      return reply;
    },
    unhandled: (error) => {
      if (runner === undefined) throw error;
      runner.unhandled(error);
    },
    exiting: () => runner?.exiting(),
  };
}
