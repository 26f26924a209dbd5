/** All commands, in the order in which they are listed. */
import { analyzeCommand } from './commands/analyze.ts';
import { generateCommand } from './commands/generate.ts';
import { ingestCommand } from './commands/ingest.ts';
import { runCommand } from './commands/run.ts';
import { tailCommand } from './commands/tail.ts';
import { topicsCommand } from './commands/topics.ts';
import type { Command } from './spec.ts';

/** The list. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  ingestCommand,
  generateCommand,
  analyzeCommand,
  topicsCommand,
  tailCommand,
];
