/** Asks a running engine, as an operator would, and looks at what it answers. */
import { join } from 'node:path';
import { askControl } from '../../src/control/client.ts';
import type { StatusAnswer } from '../../src/control/protocol.ts';
import { EngineError } from '../../src/model/errors.ts';
import { within } from '../helpers/eventually.ts';
import { Child } from './children.ts';
import type { Story } from './story.ts';

/** A command by hand. */
export interface HandCommand {
  readonly args: readonly string[];
  /** It has to end with this. */
  readonly code: number;
  /** And to have said this. */
  readonly words?: RegExp;
}

/** What may be answered instead while a process starts, stands or ends. */
const SILENCE = new Set(['E_CONTROL_NONE', 'E_CONTROL_LOST', 'E_CONTROL_TIMEOUT']);
const ANSWER_MS = 2000;
const COMMAND_MS = 90_000;

/** The answer; `null` where there is none at the moment. Any other error is a fault. */
export async function ask(
  story: Story,
  socket: string,
  request: { readonly command: 'status' } | { readonly command: 'waits' },
): Promise<unknown> {
  try {
    return await askControl(request, { path: socket, timeoutMs: ANSWER_MS });
  } catch (error) {
    if (!(error instanceof EngineError) || !SILENCE.has(error.code))
      story.blame(`asked, and got ${String(error)}`);
    return null;
  }
}

/** Asks for the state, where something answers looks for what must be so at any moment, and asks what is waited for. */
export async function askAll(story: Story, socket: string): Promise<void> {
  const status = await ask(story, socket, { command: 'status' });
  if (status !== null) look(story, status as StatusAnswer);
  await ask(story, socket, { command: 'waits' });
}

function look(story: Story, { partitions, credit, delivery }: StatusAnswer): void {
  if (delivery !== story.mode) story.blame(`it says that it delivers ${delivery}`);
  if (credit.deliveries > credit.deliveriesMax) story.blame(`credit is overdrawn: ${credit.deliveries}`);
  for (const { topic, partition, committed, watermark } of partitions)
    if ((committed ?? 0) > (watermark ?? Infinity))
      story.blame(`${topic} ${partition}: committed ${committed}, watermark ${watermark}`);
}

let commands = 0;

/** Runs a command that must end with such a code, and say so. */
export async function runCommand(story: Story, { args, code, words = /(?:)/ }: HandCommand): Promise<void> {
  const file = join(story.dir, `command-${(commands += 1)}.txt`);
  const child = Child.faultline(args, { file });
  const exit = await within(`faultline ${args.join(' ')}`, child.exited, COMMAND_MS);
  const { written } = child;
  story.tell(`${args.slice(0, 2).join(' ')} ended with ${exit.code}: ${written.trim()}`);
  if (exit.code !== code || !words.test(written))
    story.blame(`faultline ${args.join(' ')} ended with ${exit.signal ?? exit.code}: ${written.trim()}`);
}
