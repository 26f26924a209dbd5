/** `faultline status`: how a running process is, once or again and again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { askControl } from '../../control/client.ts';
import type { StatusAnswer } from '../../control/protocol.ts';
import { askFlags, SOCKET_SETTINGS, whomToAsk } from '../ask.ts';
import { switchFlag } from '../flags.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { command, type Command, type Invocation } from '../spec.ts';
import { risenBetween, statusView } from '../status-view.ts';
import type { Terminal } from '../terminal.ts';

const flags = {
  json: switchFlag('print all of it as JSON'),
  watch: switchFlag('show it anew every second, until Ctrl-C; with --json a line each'),
  ...askFlags,
};

/** The declaration. */
export const statusCommand: Command = command({
  name: 'status',
  summary: 'Show how a running process is: in flight, credit, threads, tasks, partitions.',
  details: [
    'The process is found by its control socket, which lies in the directory of its log. A process that drains answers too.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: SOCKET_SETTINGS,
  examples: [
    { args: 'status', does: 'the process that runs on ./faultline-data' },
    { args: 'status --watch --data /var/lib/faultline', does: 'another one, as it goes' },
    { args: 'status --json | jq .inFlight', does: 'one figure of it' },
  ],
  run: status,
});

const WATCH_EVERY_MS = 1000;
/** To the upper left corner; and away with what is below the cursor (ECMA-48: CUP, ED). */
const HOME = '\u001b[H';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_LINE_END = '\u001b[K';

async function status(invocation: Invocation<typeof flags>): Promise<number> {
  const { flags: chosen, terminal } = invocation;
  const asked = await whomToAsk(invocation);
  const ask = (): Promise<StatusAnswer> => askControl({ command: 'status' }, asked);
  if (chosen.watch) {
    await watch(ask, chosen.json, terminal);
    return 0;
  }
  const look = { answer: await ask(), atMs: 0 };
  const text = chosen.json ? JSON.stringify(look.answer, null, 2) : lines(look, null, terminal).join('\n');
  await terminal.print(`${text}\n`);
  return 0;
}

/** A status and when it was asked for. */
interface Look {
  readonly answer: StatusAnswer;
  readonly atMs: number;
}

/** Until it is interrupted, or the process answers no more. */
async function watch(ask: () => Promise<StatusAnswer>, json: boolean, terminal: Terminal): Promise<void> {
  const interrupt = listenForInterrupt(terminal.gone);
  const { signal } = interrupt;
  let last: Look | null = null;
  try {
    if (terminal.isTTY && !json) await terminal.print(HOME + CLEAR_BELOW);
    while (!signal.aborted) {
      const look: Look = { answer: await ask(), atMs: performance.now() };
      await terminal.print(
        json ? `${JSON.stringify(look.answer)}\n` : frame(lines(look, last, terminal), terminal),
      );
      last = look;
      await sleep(WATCH_EVERY_MS, null, { signal }).catch(() => undefined);
    }
  } finally {
    interrupt.close();
  }
}

/** Written over the one before, without a flicker, as much as there is room for; elsewhere than on a terminal below it. */
function frame(text: readonly string[], terminal: Terminal): string {
  if (!terminal.isTTY) return `${text.join('\n')}\n\n`;
  const shown = text.slice(0, terminal.rows() - 1);
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`;
}

function lines({ answer, atMs }: Look, last: Look | null, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  const context = { paint, columns: terminal.columns(), nowMs: Date.now() };
  if (last === null) return statusView(answer, context);
  const perSecond = (1000 * risenBetween(last.answer, answer)) / (atMs - last.atMs);
  return statusView(answer, { ...context, perSecond });
}
