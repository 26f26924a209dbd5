/** `faultline drain`: the ordered exit of a running process, waited for. */
import { EngineError } from '../../model/errors.ts';
import { askFlags, SOCKET_SETTINGS } from '../ask.ts';
import { endProcess } from '../end-process.ts';
import { formatAmount } from '../format.ts';
import { tasksStopped } from '../run-summary.ts';
import { command, type Command, type Invocation } from '../spec.ts';

/** The declaration. */
export const drainCommand: Command = command({
  name: 'drain',
  summary: 'End a running process in order: finish, publish and commit what is in hand.',
  details: [
    'It stops consuming, finishes what is in hand within shutdown.drainMs, publishes, commits, closes and ends, as at SIGTERM. The command waits for that end; it exits with 1 when something was left unfinished, which is not committed and comes again.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags: askFlags,
  settings: SOCKET_SETTINGS,
  examples: [
    { args: 'drain', does: 'the process that runs on ./faultline-data' },
    { args: 'drain --data /var/lib/faultline', does: 'another one' },
  ],
  run: drain,
});

async function drain(invocation: Invocation<typeof askFlags>): Promise<number> {
  const { pid, unfinished, stopped } = await endProcess('drain', invocation);
  if (stopped.length > 0) throw tasksStopped(stopped);
  if (unfinished > 0) {
    const amount = formatAmount(unfinished, 'delivery', 'deliveries');
    throw new EngineError(
      'E_DRAIN_DEADLINE',
      `process ${pid} has ended with ${amount} unfinished; not committed`,
    );
  }
  await invocation.terminal.print(
    `process ${pid} has ended; all that it had in hand is finished and committed\n`,
  );
  return 0;
}
