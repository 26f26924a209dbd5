/**
 * The borders: who may import whom. A new edge needs an ADR (docs/adr).
 *
 * Each line is an allow-list: what it does not name is forbidden. dependency-cruiser drops the
 * `node:` prefix, so Node's modules are allowed or not by their dependency type; `import type`
 * counts as well (`tsPreCompilationDeps`).
 */

/** Stands for all of Node's own modules. */
const NODE = 'node:*';

/**
 * from (a path's beginning under the root) → what it may import beside its own folder: folders or
 * files of ours, `npm:NAME` packages, `node:NAME` modules or all of them.
 */
const MAY_IMPORT = {
  'src/model': [],
  'src/ports': ['src/model'],
  'src/analysis': ['src/model', 'node:crypto'],
  'src/wire': ['src/model', 'npm:msgpackr', 'node:crypto'],
  'src/engine': ['src/model', 'src/ports'],
  // What the transports share; they never import each other.
  'src/transport/wake.ts': ['src/model', 'src/ports', NODE],
  'src/transport/memory': ['src/model', 'src/ports', 'src/wire', 'src/transport/wake.ts', NODE],
  'src/transport/log': ['src/model', 'src/ports', 'src/wire', 'src/transport/wake.ts', NODE, 'npm:lmdb'],
  'src/transport/kafka': [
    'src/model',
    'src/ports',
    'src/wire',
    'src/transport/wake.ts',
    NODE,
    'npm:kafkajs',
    'npm:@platformatic/kafka',
    'npm:@node-rs/crc32',
    'npm:snappy',
    'npm:lz4-napi',
  ],
  // Knows no transport: the entry of its thread joins it to one. Buffers that are used again are the pool's.
  'src/transport/publisher': ['src/model', 'src/ports', 'src/wire', 'src/pool/buffers.ts', NODE],
  // The worker's half: it runs the analyzers, so it knows analysis and what crosses the border.
  'src/pool/worker': ['src/model', 'src/ports', 'src/wire', 'src/analysis', 'src/pool/buffers.ts', NODE],
  'src/pool/piscina.ts': ['src/pool', 'src/model', 'src/ports', 'src/wire', NODE, 'npm:piscina'],
  'src/pool': ['src/model', 'src/ports', 'src/wire', NODE],
  'src/system': ['src/model', 'src/ports', 'src/wire', NODE],
  'src/store': ['src/model', 'src/ports', 'src/wire', 'src/analysis', NODE, 'npm:lmdb'],
  'src/observe': [
    'src/model',
    'src/ports',
    NODE,
    'npm:pino',
    'npm:pino-pretty',
    'npm:prom-client',
    'npm:hdr-histogram-js',
  ],
  'src/control': ['src/model', 'src/ports', NODE],
  'src/web': ['src/model', 'src/ports', NODE],
  // resolve.ts says a config in the engine's terms; types only.
  'src/config': ['src/model', 'src/ports', 'src/engine/options.ts', NODE, 'npm:yaml', 'npm:picomatch'],
  'src/load': ['src/model', 'src/wire', NODE, 'npm:picomatch'],
  // The files of the commands that open adapters; `run` has app.ts for that (docs/adr/0006).
  'src/cli/parts.ts': [
    'src/model',
    'src/config',
    'src/transport/log',
    'src/pool/inline.ts',
    'src/cli/ledger.ts',
    'src/cli/records.ts',
  ],
  'src/cli/kafka-parts.ts': [
    'src/model',
    'src/config',
    'src/transport/kafka',
    'src/cli/ledger.ts',
    'src/cli/records.ts',
  ],
  'src/cli': [
    'src/model',
    'src/ports',
    'src/config',
    'src/control',
    'src/load',
    'src/wire',
    'src/observe',
    'src/system',
    'src/app.ts',
    NODE,
  ],
  'src/index.ts': ['src/model', 'src/ports', 'src/config', 'src/app.ts'],
  'src/main.ts': ['src/cli', 'src/system', 'src/model', NODE],
  workers: [
    'src/model',
    'src/wire',
    'src/analysis',
    'src/pool/worker',
    'src/store',
    'src/transport/publisher',
    'src/transport/kafka',
    NODE,
    'npm:piscina',
  ],
};

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
/** A folder's files, or the one file. */
const under = (path) => (path.endsWith('.ts') ? `^${escape(path)}$` : `^${escape(path)}/`);
const npm = (name) => `(^|/)node_modules/${escape(name)}/`;

/** What one entry of an allow-list means as a pattern of resolved paths; `null` for all of Node. */
function pattern(entry) {
  if (entry === NODE) return null;
  if (entry.startsWith('npm:')) return npm(entry.slice(4));
  if (entry.startsWith('node:')) return `^${escape(entry.slice(5))}$`;
  return under(entry);
}

/** The rule of one line of the table. A longer path of the table is an exception of a shorter one. */
function border([from, allowed]) {
  const special = Object.keys(MAY_IMPORT).filter((path) => path !== from && path.startsWith(`${from}/`));
  // Files of a folder may use its special parts, but not the other way round (a part lists what it needs).
  const patterns = [from, ...allowed].map(pattern).filter((text) => text !== null);
  return {
    name: `border of ${from}`,
    comment: `may import: ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}`,
    severity: 'error',
    from: { path: under(from), ...(special.length === 0 ? {} : { pathNot: special.map(under) }) },
    to: {
      couldNotResolve: false,
      pathNot: patterns,
      ...(allowed.includes(NODE) ? { dependencyTypesNot: ['core'] } : {}),
    },
  };
}

/** Packages that one place alone may name, whoever else might be allowed them by mistake. */
const OWNED = {
  kafkajs: ['src/transport/kafka'],
  '@platformatic/kafka': ['src/transport/kafka'],
  '@node-rs/crc32': ['src/transport/kafka/crc32c.ts'],
  snappy: ['src/transport/kafka/codecs.ts'],
  'lz4-napi': ['src/transport/kafka/codecs.ts'],
  piscina: ['src/pool/piscina.ts', 'workers/analyze.ts'],
  pino: ['src/observe'],
  'prom-client': ['src/observe'],
  lmdb: ['src/transport/log', 'src/store'],
};

const owned = Object.entries(OWNED).map(([name, owners]) => ({
  name: `only ${owners.join(', ')} may name ${name}`,
  severity: 'error',
  from: { path: '^(src|workers)/', pathNot: owners.map(under) },
  to: { path: npm(name) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(border),
    ...owned,
    {
      name: 'no cycles',
      comment: 'types may know each other, modules that run may not',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'nothing unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'the product does not import its tests',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { path: '^(test|bench|examples|docs)/' },
    },
    {
      name: 'the product uses no development package',
      severity: 'error',
      from: { path: '^(src|workers)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every file of src has a border',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [...Object.keys(MAY_IMPORT).map(under), '^src/app(-transport)?\\.ts$'],
      },
      to: {},
    },
    {
      name: 'app.ts is imported by the doors alone',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: ['^src/cli/', '^src/index\\.ts$'] },
      to: { path: '^src/app\\.ts$' },
    },
    {
      name: 'the transports of the app are its own',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: ['^src/app\\.ts$'] },
      to: { path: '^src/app-transport\\.ts$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^docs/api/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
