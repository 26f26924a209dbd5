/**
 * Analyzers by name: built in, or the default export of a module. All of a pool's are loaded before
 * its first batch, so that a wrong path is known at start.
 */
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Analyzer } from '../../model/analyzer.ts';
import { describe, EngineError } from '../../model/errors.ts';
import type { TaskAnalysis } from '../../model/task.ts';
import type { AnalyzerIdentity } from '../../wire/finding.ts';
import type { BuiltIn } from './builtin.ts';
import { BUILT_IN_ANALYZERS } from './builtin.ts';

/** An analyzer that is ready to be called. */
export type LoadedAnalyzer = { readonly identity: AnalyzerIdentity } & (
  | ({ readonly kind: 'built-in' } & Pick<BuiltIn, 'analyze' | 'regards'>)
  | { readonly kind: 'module'; readonly analyze: Analyzer }
);

/** The analyzers of one task. */
export interface TaskAnalyzers {
  readonly fallback: LoadedAnalyzer;
  /** Where it is not empty, it decides alone. */
  readonly byCategory: ReadonlyMap<string, LoadedAnalyzer>;
  /** Whether any of them is built in. */
  readonly hasBuiltIn: boolean;
}

/** Loads the analyzers of all tasks, each module once. Rejects with `E_ANALYZER_LOAD`. */
export async function loadAnalyzers(tasks: readonly TaskAnalysis[]): Promise<readonly TaskAnalyzers[]> {
  const names = new Set(tasks.flatMap((task) => [task.analyzer, ...Object.values(task.analyzers)]));
  const loaded = new Map<string, LoadedAnalyzer>();
  for (const name of names) loaded.set(name, builtIn(name) ?? (await loadModule(name)));
  return tasks.map((task) => {
    const fallback = named(loaded, task.analyzer);
    const byCategory = new Map(
      Object.entries(task.analyzers).map(([category, name]) => [category, named(loaded, name)]),
    );
    const hasBuiltIn = [fallback, ...byCategory.values()].some(({ kind }) => kind === 'built-in');
    return { fallback, byCategory, hasBuiltIn };
  });
}

/** The analyzer that takes a category. Throws `E_EVENT_UNKNOWN_CATEGORY`. */
export function analyzerFor(analyzers: TaskAnalyzers, category: string): LoadedAnalyzer {
  if (analyzers.byCategory.size === 0) return analyzers.fallback;
  const analyzer = analyzers.byCategory.get(category);
  if (analyzer !== undefined) return analyzer;
  throw new EngineError(
    'E_EVENT_UNKNOWN_CATEGORY',
    `no analyzer of the task takes the category ${JSON.stringify(category.slice(0, 100))}`,
  );
}

function named(loaded: ReadonlyMap<string, LoadedAnalyzer>, name: string): LoadedAnalyzer {
  const analyzer = loaded.get(name);
  if (analyzer === undefined) throw new EngineError('E_ANALYZER_LOAD', `no analyzer ${name}`);
  return analyzer;
}

function builtIn(name: string): LoadedAnalyzer | undefined {
  const found = BUILT_IN_ANALYZERS.get(name);
  if (found === undefined) return undefined;
  const { version, analyze, regards } = found;
  return { kind: 'built-in', identity: { name, version }, analyze, regards };
}

async function loadModule(path: string): Promise<LoadedAnalyzer> {
  const module = await importModule(path);
  const analyze = defaultExport(module);
  if (!isAnalyzer(analyze)) {
    throw new EngineError('E_ANALYZER_LOAD', `${path}: the default export is no function`);
  }
  const version = typeof module['version'] === 'string' ? module['version'] : '0';
  return { kind: 'module', identity: { name: basename(path, extname(path)), version }, analyze };
}

async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    const names = [...BUILT_IN_ANALYZERS.keys()].join(', ');
    throw new EngineError(
      'E_ANALYZER_LOAD',
      `analyzer ${path} is neither built in (${names}) nor a module that loads: ${describe(error)}`,
      { cause: error },
    );
  }
}

/** A CommonJS module that was compiled from ESM has its default export one level down. */
function defaultExport(module: Readonly<Record<string, unknown>>): unknown {
  const exported = module['default'];
  if (typeof exported !== 'object' || exported === null) return exported;
  return 'default' in exported ? exported.default : undefined;
}

function isAnalyzer(value: unknown): value is Analyzer {
  return typeof value === 'function';
}
