/** `faultline run`: the engine, until it is told to stop or has nothing left to do. */
import { listFlag, optionalText, switchFlag } from '../flags.ts';
import { command, type Command, type Invocation } from '../spec.ts';

const flags = {
  task: listFlag({ placeholder: 'NAME', summary: 'run only this task of the config' }),
  'until-idle': switchFlag('end when everything is read and finished'),
  summary: optionalText({ placeholder: 'FILE', summary: 'write the final figures there, as JSON' }),
};

/** The declaration. */
export const runCommand: Command = command({
  name: 'run',
  summary: 'Consume events, analyse them in worker threads, publish findings.',
  details: [
    'Without a config file there are two tasks, crash and lag, that read the topics of the embedded log by name. SIGTERM or Ctrl-C: stop consuming, finish what is in hand, publish, commit, close; a second signal ends at once, still without committing what is not done.',
  ],
  operands: { text: '', min: 0, max: 0 },
  flags,
  settings: [
    'config',
    'data',
    'threads',
    'lanes',
    'batch-events',
    'batch-bytes',
    'linger-ms',
    'in-flight',
    'publish',
    'from',
    'group',
    'durability',
    'http',
    'log-level',
  ],
  allSettings: true,
  examples: [
    { args: 'run', does: 'both tasks, until it is told to stop' },
    { args: 'run --until-idle --summary summary.json', does: 'what there is, then end with the figures' },
    { args: 'run --task crash --threads 2 --http 9464', does: 'crashes only, on two threads, with metrics' },
  ],
  run: async (_invocation: Invocation<typeof flags>): Promise<number> => 1,
});
