/** `faultline stop`: the quick exit of a running process, waited for. */
import { askFlags, SOCKET_SETTINGS } from '../ask.ts';
import { endProcess } from '../end-process.ts';
import { formatAmount } from '../format.ts';
import { command, type Command, type Invocation } from '../spec.ts';

/** The declaration. */
export const stopCommand: Command = command({
  name: 'stop',
  summary: 'End a running process now: commit what is finished, wait for nothing in hand.',
  details: [
    'Nothing is lost: what was in hand is not committed and comes again at the next start. The command waits for the end.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags: askFlags,
  settings: SOCKET_SETTINGS,
  examples: [{ args: 'stop', does: 'the process that runs on ./faultline-data' }],
  run: stop,
});

async function stop(invocation: Invocation<typeof askFlags>): Promise<number> {
  const { pid, unfinished } = await endProcess('stop', invocation);
  const left =
    unfinished === 0
      ? 'nothing was in hand'
      : `${formatAmount(unfinished, 'delivery', 'deliveries')} in hand will come again`;
  await invocation.terminal.print(`process ${pid} has ended; what was finished is committed, ${left}\n`);
  return 0;
}
