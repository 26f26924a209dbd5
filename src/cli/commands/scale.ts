/** `faultline scale`: more or fewer worker threads, while the process runs. */
import { THREADS_MAX } from '../../control/protocol.ts';
import { EngineError } from '../../model/errors.ts';
import { askFlags, askPatiently, SOCKET_SETTINGS, whomToAsk } from '../ask.ts';
import { optionalNumber } from '../flags.ts';
import { formatAmount } from '../format.ts';
import { command, type Command, type Invocation } from '../spec.ts';

const flags = {
  threads: optionalNumber({
    summary: 'how many there shall be',
    min: 1,
    max: THREADS_MAX,
    whole: true,
  }),
  ...askFlags,
};

/** The declaration. */
export const scaleCommand: Command = command({
  name: 'scale',
  summary: 'Give a running process more or fewer worker threads.',
  details: [
    'A thread that goes finishes what it has in hand; the order within a key is kept. It holds until the process ends: the config is not changed.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: SOCKET_SETTINGS,
  examples: [{ args: 'scale --threads 8', does: 'eight threads from now on' }],
  run: scale,
});

async function scale(invocation: Invocation<typeof flags>): Promise<number> {
  const { flags: chosen, terminal } = invocation;
  const { threads } = chosen;
  if (threads === null) throw new EngineError('E_USAGE', '--threads is missing: scale --threads N');
  const asked = await whomToAsk(invocation);
  const { before, after } = await askPatiently({ command: 'scale', threads }, asked, ({ pid }) => {
    terminal.status(`waiting until process ${pid} has ${formatAmount(threads, 'thread')}`);
  });
  terminal.status('');
  await terminal.print(
    before === after
      ? `${formatAmount(after, 'thread')}, as before\n`
      : `${formatAmount(after, 'thread')}, before ${before}\n`,
  );
  return 0;
}
