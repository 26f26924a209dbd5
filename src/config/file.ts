/**
 * What a config file says, key by key with places. Unknown keys and values of the wrong type become
 * mistakes; what the keys mean together is checked later (`check.ts`).
 */
import { dirname, resolve } from 'node:path';
import { describe } from '../model/errors.ts';
import { systemEntries } from './flags.ts';
import type { Key, Section } from './keys.ts';
import type { Given, Layer } from './layer.ts';
import { readGiven, refuseSecret } from './layer.ts';
import type { Mistakes } from './mistakes.ts';
import { didYouMean } from './suggest.ts';
import { CONFIG_LIMITS, TASK_DOCS } from './task-spec.ts';
import { describeRaw, isName, NAME_RULE } from './values.ts';
import type { Entry, Node } from './yaml.ts';

/** A pattern that compiles. */
export interface Pattern {
  readonly regExp: RegExp;
  readonly place: string;
  readonly path: string;
}

/** What the file says of one task. */
export interface TaskLayer {
  readonly name: string;
  readonly place: string;
  /** Overrides, by the path of the system key. */
  readonly values: Layer;
  readonly topics: readonly Pattern[] | null;
  /** `undefined`: not said; empty: said wrongly. */
  readonly analyzer: string | undefined;
  readonly analyzers: Readonly<Record<string, string>>;
  readonly enabled: boolean;
}

/** What the file says. */
export interface FileLayer {
  readonly system: Layer;
  /** `null` where the file names no tasks. */
  readonly tasks: readonly TaskLayer[] | null;
}

/** Sorts a file's tree into layers. */
export function readTree(file: string, root: Node, mistakes: Mistakes): FileLayer {
  return new FileReader(dirname(file), mistakes).read(root);
}

const ANALYZER_RULE = 'crash, lag or the path of a module (./my-analyzer.ts)';
const SYSTEM_ENTRIES = new Map(systemEntries());
const TASK_ENTRIES = new Map(systemEntries().filter(([, entry]) => entry.task === true));
const TASK_KEYS: readonly string[] = [...Object.keys(TASK_DOCS), ...TASK_ENTRIES.keys()];

class FileReader {
  readonly #directory: string;
  readonly #mistakes: Mistakes;

  constructor(directory: string, mistakes: Mistakes) {
    this.#directory = directory;
    this.#mistakes = mistakes;
  }

  read(root: Node): FileLayer {
    let system: Layer = new Map();
    let tasks: readonly TaskLayer[] | null = null;
    for (const { name, place, node } of this.#entries(root, '')) {
      if (name === 'system') system = this.#values(this.#entries(node, name), name, SYSTEM_ENTRIES);
      else if (name === 'tasks') tasks = isNothing(node) ? null : this.#tasks(node);
      else this.#unknown({ place, path: name, known: ['system', 'tasks'], note: belongs(name) });
    }
    return { system, tasks };
  }

  #tasks(node: Node): readonly TaskLayer[] {
    const entries = this.#entries(node, 'tasks');
    if (entries.length === 0 && node.kind === 'map') {
      this.#mistakes.add({ place: node.place, path: 'tasks', message: 'expected at least one task' });
    }
    if (entries.length > CONFIG_LIMITS.tasksMax) {
      this.#expected(node, 'tasks', `at most ${CONFIG_LIMITS.tasksMax} tasks`, `${entries.length}`);
    }
    return entries.slice(0, CONFIG_LIMITS.tasksMax).map((entry) => this.#task(entry));
  }

  #task({ name, place, node }: Entry): TaskLayer {
    const path = `tasks.${name}`;
    if (!isName(name)) this.#mistakes.add({ place, path, message: `expected ${NAME_RULE}` });
    const entries = this.#entries(node, path);
    const find = (key: string): Node | undefined => entries.find((entry) => entry.name === key)?.node;
    const overrides = entries.filter((entry) => !Object.hasOwn(TASK_DOCS, entry.name));
    const topics = find('topics');
    const analyzer = find('analyzer');
    const analyzers = find('analyzers');
    const enabled = find('enabled');
    return {
      name,
      place,
      values: this.#values(overrides, path, TASK_ENTRIES),
      topics: topics === undefined ? null : this.#patterns(topics, `${path}.topics`),
      analyzer: analyzer === undefined ? undefined : this.#analyzer(analyzer, `${path}.analyzer`),
      analyzers: analyzers === undefined ? {} : this.#analyzers(analyzers, `${path}.analyzers`),
      enabled: enabled === undefined || this.#bool(enabled, `${path}.enabled`),
    };
  }

  /** The values of keys and of the sections among them. */
  #values(entries: readonly Entry[], path: string, known: ReadonlyMap<string, Key | Section>): Layer {
    const layer = new Map<string, Given>();
    for (const { name, place, node } of entries) {
      const at = `${path}.${name}`;
      const entry = known.get(name);
      if (entry === undefined) {
        const note =
          known === TASK_ENTRIES && SYSTEM_ENTRIES.has(name) ? '; it is for all tasks, under system' : '';
        this.#unknown({
          place,
          path: at,
          known: known === TASK_ENTRIES ? TASK_KEYS : [...known.keys()],
          note,
        });
      } else if ('keys' in entry) {
        const inner = this.#values(this.#entries(node, at), at, new Map(Object.entries(entry.keys)));
        for (const [key, given] of inner) layer.set(`${name}.${key}`, given);
      } else {
        const given = this.#value(entry, node, at);
        if (given !== null) layer.set(name, given);
      }
    }
    return layer;
  }

  #value(key: Key, node: Node, path: string): Given | null {
    const at = { place: node.place, path };
    if (key.type === 'secret') {
      refuseSecret(path.slice(path.indexOf('.') + 1), at, this.#mistakes);
      return null;
    }
    if (node.kind !== 'scalar' && !(node.kind === 'list' && key.type === 'hosts')) {
      this.#expected(node, path, 'one value');
      return null;
    }
    const raw = node.kind === 'scalar' ? node.raw : node.items.map(rawOf);
    return readGiven(key, { raw, text: false, directory: this.#directory }, at, this.#mistakes);
  }

  #patterns(node: Node, path: string): readonly Pattern[] {
    const items = node.kind === 'list' ? node.items : [node];
    if (items.length === 0 || items.length > CONFIG_LIMITS.patternsMax) {
      this.#expected(node, path, `1 to ${CONFIG_LIMITS.patternsMax} patterns`, `${items.length}`);
    }
    return items.slice(0, CONFIG_LIMITS.patternsMax).flatMap((item, index) => {
      const at = node.kind === 'list' ? `${path}[${index}]` : path;
      const text = this.#text(item, at, 'a regular expression');
      return text === null ? [] : this.#pattern(text, item.place, at);
    });
  }

  #pattern(source: string, place: string, path: string): readonly Pattern[] {
    if (source.length > CONFIG_LIMITS.patternLengthMax) {
      this.#mistakes.add({
        place,
        path,
        message: `expected at most ${CONFIG_LIMITS.patternLengthMax} characters`,
      });
      return [];
    }
    try {
      return [{ regExp: compilePattern(source), place, path }];
    } catch (error) {
      const message = `${describeRaw(source)} is no regular expression: ${reason(error)}`;
      this.#mistakes.add({ place, path, message });
      return [];
    }
  }

  #analyzers(node: Node, path: string): Readonly<Record<string, string>> {
    const entries = this.#entries(node, path);
    if (entries.length > CONFIG_LIMITS.analyzersMax) {
      this.#expected(node, path, `at most ${CONFIG_LIMITS.analyzersMax} categories`, `${entries.length}`);
    }
    return Object.fromEntries(
      entries
        .slice(0, CONFIG_LIMITS.analyzersMax)
        .map(({ name, node: value }) => [name, this.#analyzer(value, `${path}.${name}`)] as const),
    );
  }

  #analyzer(node: Node, path: string): string {
    const text = this.#text(node, path, ANALYZER_RULE);
    if (text === null) return '';
    if (text === 'crash' || text === 'lag') return text;
    if (/^\.{0,2}\/|\.[cm]?[jt]s$/.test(text)) return resolve(this.#directory, text);
    this.#expected(node, path, ANALYZER_RULE, `${describeRaw(text)}${didYouMean(text, ['crash', 'lag'])}`);
    return '';
  }

  #bool(node: Node, path: string): boolean {
    if (node.kind === 'scalar' && typeof node.raw === 'boolean') return node.raw;
    this.#expected(node, path, 'true or false');
    return true;
  }

  #text(node: Node, path: string, what: string): string | null {
    if (node.kind === 'scalar' && typeof node.raw === 'string' && node.raw !== '') return node.raw;
    this.#expected(node, path, what);
    return null;
  }

  /** The entries of a map; an empty value is an empty map. */
  #entries(node: Node, path: string): readonly Entry[] {
    if (node.kind === 'map') return node.entries;
    if (!isNothing(node)) this.#expected(node, path, 'keys and values');
    return [];
  }

  #expected(node: Node, path: string, what: string, got: string = gotOf(node)): void {
    this.#mistakes.add({ place: node.place, path, message: `expected ${what}, got ${got}` });
  }

  #unknown(key: { place: string; path: string; known: readonly string[]; note: string }): void {
    const { place, path, known, note } = key;
    const name = path.slice(path.lastIndexOf('.') + 1);
    const message = `unknown key${note === '' ? didYouMean(name, known) : note}`;
    this.#mistakes.add({ place, path, message });
  }
}

/** Patterns do not mind the case of letters; `(?-i:…)` does. Throws what `RegExp` throws. */
export function compilePattern(source: string): RegExp {
  return new RegExp(source, 'i');
}

function isNothing(node: Node): boolean {
  return node.kind === 'scalar' && node.raw === null;
}

function gotOf(node: Node): string {
  return node.kind === 'scalar' ? describeRaw(node.raw) : `a ${node.kind}`;
}

function rawOf(node: Node): unknown {
  return node.kind === 'scalar' ? node.raw : `a ${node.kind}`;
}

function belongs(name: string): string {
  return SYSTEM_ENTRIES.has(name) ? '; it belongs under system' : '';
}

/** `Invalid regular expression: /(/i: Unterminated group` → `unterminated group`. */
function reason(error: unknown): string {
  const text = describe(error);
  return text.slice(text.lastIndexOf(': ') + 2).toLowerCase();
}
