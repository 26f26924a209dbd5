/** The list of generated pages: which file, from which table. A new page is one more line. */
import { COMMANDS } from '../src/cli/commands.ts';
import { commandReference } from '../src/cli/reference.ts';
import { configSchemaJson } from '../src/config/json-schema.ts';
import { configReference } from '../src/config/reference.ts';
import { metricsReference } from '../src/observe/metrics-reference.ts';
import { findingSchemaJson } from '../src/wire/finding-schema.ts';
import { errorReference } from './errors.ts';

/** A generated file. */
export interface Page {
  /** Relative to docs/reference. */
  readonly file: string;
  readonly render: () => string;
}

/** All of them. */
export const PAGES: readonly Page[] = [
  { file: 'commands.md', render: () => commandReference(COMMANDS) },
  { file: 'config.md', render: configReference },
  { file: 'config.schema.json', render: configSchemaJson },
  { file: 'errors.md', render: errorReference },
  { file: 'finding.schema.json', render: findingSchemaJson },
  { file: 'metrics.md', render: metricsReference },
];
