/** Control sockets of tests: one in this process, or one in a process of its own. */
import { join } from 'node:path';
import { askControl } from '../../src/control/client.ts';
import type { Answers, Request } from '../../src/control/protocol.ts';
import { startControl, type Control, type ControlOptions } from '../../src/control/server.ts';
import { fakeTarget, type FakeTarget } from '../helpers/control.ts';
import { temporaryDirectory, type TestEnd } from '../helpers/temporary.ts';
import { runChild, type Child } from '../unit/system/child.ts';

/** A control socket, and what it is the door to. */
interface Started {
  readonly path: string;
  readonly target: FakeTarget;
  readonly control: Control;
}

/** Starts one whose target is made up; closed when the test is over. */
export async function started(test: TestEnd, options: Partial<ControlOptions> = {}): Promise<Started> {
  const path = options.path ?? join(temporaryDirectory(test), 'control.sock');
  const target = fakeTarget();
  const control = await startControl({ path, target, ...options });
  test.after(() => control.close());
  return { path, target, control };
}

/** Asks without a deadline of our own that matters. */
export function ask<const R extends Request>(path: string, request: R): Promise<Answers[R['command']]> {
  return askControl(request, { path, timeoutMs: 20_000 });
}

/** A process with a control socket, that prints `started` and then does as told; its drain ends with 5 unfinished. */
export function childThat(path: string, does: string): Child {
  const body = `
      let begin;
      const begun = new Promise((resolve) => (begin = resolve));
      const target = {
        status: () => ({ pid: 77 }),
        drain: async () => { begin(); await new Promise((resolve) => setTimeout(resolve, 100)); return { unfinished: 5, stopped: [] }; },
      };
      const control = await startControl({ path: ${JSON.stringify(path)}, target, limits: { requestMs: 600_000 } });
      console.log('started');
      ${does}
    `;
  return runChild('src/control/server.ts', 'startControl', body);
}
