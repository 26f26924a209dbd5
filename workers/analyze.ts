/**
 * Entry of an analysis thread: joins the thread's half of a slot to piscina. Results are moved, not
 * copied. Nothing that an analyzer leaves unhandled ends the thread.
 */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { ThreadData, ThreadReply, ThreadRequest } from '../src/pool/worker/protocol.ts';
import { createThreadHalf } from '../src/pool/worker/thread.ts';

const thread = createThreadHalf(workerData as ThreadData);
process.on('unhandledRejection', (error) => thread.unhandled(error));
process.on('uncaughtException', (error) => thread.unhandled(error));
process.on('exit', () => thread.exiting());

/** Called by piscina for each request. */
export default async function analyze(request: ThreadRequest): Promise<unknown> {
  const reply = await thread.request(request);
  return move({ [transferableSymbol]: buffersOf(reply), [valueSymbol]: reply });
}

function buffersOf(reply: ThreadReply): readonly ArrayBuffer[] {
  return reply.type === 'outcome' ? [reply.outcome, reply.batch] : [];
}
