/** Layers into one config: what was given last counts, then the default. Not checked as a whole yet. */
import type { Config, System, TaskConfig } from './config.ts';
import type { FileLayer, Pattern, TaskLayer } from './file.ts';
import { compilePattern } from './file.ts';
import { CONFIG_FLAGS, systemEntries } from './flags.ts';
import type { Given, Layer } from './layer.ts';
import type { Mistakes } from './mistakes.ts';
import { DEFAULT_TASKS } from './task-spec.ts';

/** All layers. Flags stand over the environment, and that over the file, a task's own values included. */
export interface Layers {
  readonly file: FileLayer;
  readonly env: Layer;
  readonly flags: Layer;
}

/** A task and where its parts come from. */
export interface TaskDraft {
  readonly config: TaskConfig;
  readonly patterns: readonly Pattern[];
  /** Who gave a value; `undefined` for a default. */
  readonly givenBy: (path: string) => Given | undefined;
}

/** A config that is complete and not checked as a whole. */
export interface Draft {
  readonly system: System;
  readonly systemGivenBy: (path: string) => Given | undefined;
  /** The enabled ones. */
  readonly tasks: readonly TaskDraft[];
  readonly warnings: Config['warnings'];
}

const SYSTEM_ENTRIES = systemEntries();
const TASK_ENTRIES = SYSTEM_ENTRIES.filter(([, entry]) => entry.task === true);

/** Merges the layers. */
export function draftConfig(layers: Layers, mistakes: Mistakes): Draft {
  const { file, env, flags } = layers;
  const systemGivenBy = (path: string): Given | undefined =>
    flags.get(path) ?? env.get(path) ?? file.system.get(path);
  const tasks = (file.tasks ?? Object.keys(DEFAULT_TASKS).map(unsaid)).filter(({ enabled }) => enabled);
  if (tasks.length === 0 && (file.tasks ?? []).length > 0) {
    mistakes.add({
      place: file.tasks?.[0]?.place ?? '',
      path: 'tasks',
      message: 'expected at least one enabled task',
    });
  }
  return {
    // The table's values are exactly these, by the types derived from it.
    system: build(SYSTEM_ENTRIES, systemGivenBy) as unknown as System,
    systemGivenBy,
    tasks: tasks.map((task) => draftTask(task, layers, mistakes)),
    warnings: tasks.flatMap((task) => replaced(task, layers)),
  };
}

/** A task of which the file says nothing. */
function unsaid(name: string): TaskLayer {
  return {
    name,
    place: '',
    values: new Map(),
    topics: null,
    analyzer: undefined,
    analyzers: {},
    enabled: true,
  };
}

function draftTask(task: TaskLayer, { file, env, flags }: Layers, mistakes: Mistakes): TaskDraft {
  const { name, analyzers } = task;
  const givenBy = (path: string): Given | undefined =>
    flags.get(path) ?? env.get(path) ?? task.values.get(path) ?? file.system.get(path);
  const patterns = patternsOf(task, mistakes);
  const config = {
    name,
    topics: patterns.map(({ regExp }) => regExp),
    analyzer: analyzerOf(task, mistakes),
    analyzers,
    ...build(TASK_ENTRIES, givenBy),
  } as unknown as TaskConfig;
  return { config, patterns, givenBy };
}

function patternsOf({ name, place, topics }: TaskLayer, mistakes: Mistakes): readonly Pattern[] {
  if (topics !== null) return topics;
  const path = `tasks.${name}.topics`;
  const defaults = defaultTask(name);
  if (defaults === null) mistakes.add({ place, path, message: 'is missing: expected regular expressions' });
  return (defaults?.topics ?? []).map((source) => ({ regExp: compilePattern(source), place, path }));
}

/** Where `analyzers` has every category that is taken, `analyzer` is not needed. */
function analyzerOf({ name, place, analyzer, analyzers }: TaskLayer, mistakes: Mistakes): string {
  const found = analyzer ?? defaultTask(name)?.analyzer ?? Object.values(analyzers)[0];
  if (found !== undefined) return found;
  const message = 'is missing: expected crash, lag or the path of a module';
  mistakes.add({ place, path: `tasks.${name}.analyzer`, message });
  return '';
}

function defaultTask(name: string): { readonly topics: readonly string[]; readonly analyzer: string } | null {
  return name === 'crash' || name === 'lag' ? DEFAULT_TASKS[name] : null;
}

/** The values of a table's entries, sections nested. */
function build(
  entries: typeof SYSTEM_ENTRIES,
  givenBy: (path: string) => Given | undefined,
  prefix = '',
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      if ('keys' in entry) return [name, build(Object.entries(entry.keys), givenBy, `${prefix}${name}.`)];
      const given = givenBy(prefix + name);
      return [name, given === undefined ? entry.default : given.value];
    }),
  );
}

/** A flag or variable that stands over a task's own value is told. */
function replaced({ name, values }: TaskLayer, { env, flags }: Layers): readonly string[] {
  return CONFIG_FLAGS.flatMap(({ path }) => {
    const over = flags.get(path) ?? env.get(path);
    const own = values.get(path);
    if (over === undefined || own === undefined || own.value === over.value) return [];
    return [`${over.place} replaces tasks.${name}.${path} (${String(own.value)})`];
  });
}
