/** All commands, in the order in which they are listed. */
import { analyzeCommand } from './commands/analyze.ts';
import { drainCommand } from './commands/drain.ts';
import { generateCommand } from './commands/generate.ts';
import { ingestCommand } from './commands/ingest.ts';
import { logCommand } from './commands/log.ts';
import { offsetsCommand } from './commands/offsets.ts';
import { runCommand } from './commands/run.ts';
import { scaleCommand } from './commands/scale.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';
import { tailCommand } from './commands/tail.ts';
import { topicsCommand } from './commands/topics.ts';
import { whyCommand } from './commands/why.ts';
import type { Command } from './spec.ts';

/** The list. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  ingestCommand,
  generateCommand,
  analyzeCommand,
  topicsCommand,
  offsetsCommand,
  tailCommand,
  statusCommand,
  whyCommand,
  scaleCommand,
  drainCommand,
  stopCommand,
  logCommand,
];
