/** Ends a running process by its control socket and waits for that, telling how it goes. */
import type { Ending } from '../control/target.ts';
import { askPatiently, whomToAsk, type askFlags } from './ask.ts';
import { formatCount } from './format.ts';
import type { Invocation } from './spec.ts';

/** How it ended, and which it was. */
export interface Ended extends Ending {
  readonly pid: number;
}

/** Resolves when the process has finished, committed and closed. Rejects as asking does, and as its run does. */
export async function endProcess(
  how: 'drain' | 'stop',
  invocation: Invocation<typeof askFlags>,
): Promise<Ended> {
  const { terminal } = invocation;
  const asked = await whomToAsk(invocation);
  let pid = 0;
  const { unfinished, stopped } = await askPatiently({ command: how }, asked, (status) => {
    ({ pid } = status);
    const inFlight = Object.values(status.inFlight).reduce((sum, count) => sum + count, 0);
    terminal.status(`process ${pid}: ${status.state}, ${formatCount(inFlight)} in flight`);
  });
  terminal.status('');
  return { pid, unfinished, stopped };
}
