import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { parseCommand } from '../../../src/cli/parse.ts';
import type { Config } from '../../../src/config/config.ts';
import { CONFIG_FLAGS, ENV_PREFIX, OTHER_ENV } from '../../../src/config/flags.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { tasksOf } from '../../../src/config/resolve.ts';
import { routeTopic } from '../../../src/engine/route.ts';
import { generateEvents } from '../../../src/load/generate.ts';
import { KAFKA_VERSIONS } from '../../helpers/kafka/jars.ts';
import type { Service } from './files.ts';
import { environmentOf, isSent, read, ROOT, services, stages, stepsOf } from './files.ts';
import { parseCommand as parseBench } from '../../../bench/flags.ts';
import { SECTIONS, WORDS } from '../../../bench/sections.ts';

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const compose = services();
/** Those that run the command. */
const own = [...compose].filter(([, { build }]) => build?.target === 'faultline');
const imageEnv = environmentOf(stepsOf('faultline'));

function service(name: string): Service {
  const found = compose.get(name);
  assert.ok(found, `there is a service ${name}`);
  return found;
}

/** The environment of a service of ours. */
function envOf({ environment = {} }: Service): Readonly<Record<string, string>> {
  const given = Object.entries(environment).map(([name, value]) => [name, String(value)]);
  return { ...imageEnv, ...Object.fromEntries(given) };
}

/** The config that a service of ours runs with; throws what the command would say. */
function configOf(of: Service): Config {
  const [name, ...args] = of.command ?? [];
  const command = COMMANDS.find((each) => each.name === name);
  assert.ok(command, `${name} is a command`);
  const parsed = parseCommand(command, args);
  assert.ok(!parsed.help);
  return parseConfig({ file: null, flags: parsed.settings, env: envOf(of) });
}

/** `host:port` of Kafka’s listeners, by their names. */
function listeners(setting: string): ReadonlyMap<string, string> {
  const all = String(service('kafka').environment?.[setting]).split(',');
  return new Map(all.map((listener) => listener.split('://') as [string, string]));
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

test('every service of ours runs a command that the CLI takes, on the brokers', () => {
  const inside = listeners('KAFKA_ADVERTISED_LISTENERS').get('INSIDE');

  assert.deepEqual(
    own.map(([name]) => name),
    ['faultline', 'load'],
  );
  for (const [name, of] of own) {
    const { system, warnings } = configOf(of);

    assert.deepEqual(warnings, [], name);
    assert.equal(system.transport, 'kafka', name);
    assert.deepEqual(system.kafka.brokers, [inside], name);
  }
});

test('the image’s own command is one that the CLI takes', () => {
  const steps = stepsOf('faultline');
  const [entry, command] = ['ENTRYPOINT', 'CMD'].map((each) => steps.findLast(({ name }) => name === each));

  assert.equal(entry?.text, '["faultline"]');
  const { system } = configOf({ image: '', command: JSON.parse(command?.text ?? '') as string[] });

  assert.equal(system.transport, 'log');
});

test('every variable of ours is one that the config knows', () => {
  const known = new Set([...CONFIG_FLAGS.map(({ env }) => env), ...OTHER_ENV]);
  const named = [imageEnv, ...own.map(([, of]) => of.environment ?? {})].flatMap(Object.keys);
  const ours = named.filter((name) => name.startsWith(ENV_PREFIX));

  assert.ok(ours.length > 0);
  assert.deepEqual(
    ours.filter((name) => !known.has(name)),
    [],
  );
});

test('the port of health and metrics is the same everywhere', () => {
  const { http } = configOf(service('faultline')).system;
  const exposed = stepsOf('faultline').find(({ name }) => name === 'EXPOSE');

  assert.deepEqual(http, { host: '0.0.0.0', port: Number(exposed?.text) });
  assert.deepEqual(service('faultline').ports?.map(portOf), [exposed?.text]);
});

test('Kafka listens where it says that it can be reached, inside and outside', () => {
  const [listening, advertised] = ['KAFKA_LISTENERS', 'KAFKA_ADVERTISED_LISTENERS'].map(listeners);
  const { healthcheck, ports, environment } = service('kafka');

  for (const [name, address] of advertised ?? []) assert.equal(listening?.get(name), `:${portOf(address)}`);
  assert.equal(environment?.['KAFKA_CONTROLLER_QUORUM_VOTERS'], `1@kafka${listening?.get('CONTROLLER')}`);
  assert.equal(healthcheck?.test?.at(-1), advertised?.get('INSIDE'));
  const outside = portOf(advertised?.get('OUTSIDE') ?? '');
  assert.equal(advertised?.get('OUTSIDE'), `localhost:${outside}`);
  assert.deepEqual(ports, [`127.0.0.1:${outside}:${outside}`]);
});

test('the topics that are made are those that are read and written', () => {
  const [script = ''] = service('topics').command ?? [];
  const made = /for topic in ([^;]+);/.exec(script)?.[1]?.split(' ') ?? [];
  const config = configOf(service('faultline'));
  const tasks = tasksOf(config);
  const { findings, deadLetters } = config.system.outputs;
  const generated = new Set([...generateEvents({ ...GENERATED, count: 100 })].map(({ topic }) => topic));

  const read = made.filter((topic) => routeTopic(tasks, config.system.group, topic).type === 'task');

  assert.deepEqual(read.toSorted(), [...generated].toSorted());
  assert.deepEqual(made.toSorted(), [...read, findings, deadLetters].toSorted());
  assert.match(script, /\$\$topic/);
  assert.ok(script.includes(`--bootstrap-server ${config.system.kafka.brokers[0]}`));
});

const GENERATED = { keys: 10, zipf: 1, duplicates: 0, seed: 1, start: 0 };

test('what is waited for can happen: dependencies exist, are healthy or end', () => {
  for (const [name, { depends_on: needs = {} }] of compose) {
    for (const [needed, { condition }] of Object.entries(needs)) {
      const { healthcheck, profiles } = service(needed);

      assert.equal(profiles, undefined, `${name} needs ${needed}, which is always there`);
      if (condition === 'service_healthy') assert.ok(healthcheck?.test, needed);
      else assert.equal(condition, 'service_completed_successfully');
    }
  }
  assert.ok(service('faultline').depends_on?.['topics']);
});

test('load and bench start only when they are asked for', () => {
  const asked = [...compose].filter(([, { profiles }]) => profiles !== undefined);

  assert.deepEqual(
    asked.map(([name, { profiles }]) => [name, profiles]),
    [
      ['load', ['load']],
      ['bench', ['bench']],
    ],
  );
  const { sections } = parseBench(service('bench').command ?? [], SECTIONS, { words: WORDS, cores: 2 });
  assert.ok(sections.includes('kafka'));
  assert.deepEqual(service('bench').environment, { KAFKA_BROKERS: 'kafka:9092' });
});

test('every image is pinned: ours by the package, Kafka and Node by what the tests run on', () => {
  const images = new Set([...compose.values()].map(({ image }) => image));
  const [kafka] = KAFKA_VERSIONS;

  assert.deepEqual(
    [...images].toSorted(),
    [
      `apache/kafka:${kafka}`,
      `faultline-bench:${manifest.version}`,
      `faultline:${manifest.version}`,
    ].toSorted(),
  );
  for (const [name, of] of compose)
    if (of.image.startsWith('faultline')) {
      assert.equal(of.build?.dockerfile, 'deploy/Dockerfile');
      assert.ok(stages().some((stage) => stage.name === of.build?.target));
      assert.equal(of.init, true, `${name}: a first process is not ended by its own signals`);
    }
});

test('the image’s Node is the pinned one, which the package’s engines allow', () => {
  const names = new Set(stages().map(({ name }) => name));
  const foreign = stages().flatMap(({ from }) => (names.has(from) ? [] : [from]));
  const pinned = manifest.devDependencies['node'] ?? '';
  const [least = ''] = /[\d.]+/.exec(manifest.engines.node) ?? [];

  assert.deepEqual(foreign, [`node:${pinned}-slim`]);
  assert.equal(pinned.split('.')[0], least.split('.')[0]);
});

test('nothing runs as root', () => {
  for (const name of ['faultline', 'bench']) {
    const user = stepsOf(name).findLast((step) => step.name === 'USER');

    assert.match(user?.text ?? '', /^[1-9]\d*:[1-9]\d*$/, name);
  }
});

test('all that the Dockerfile copies exists and is sent to Docker; nothing else is', () => {
  const copied = stages()
    .flatMap(({ steps }) => steps)
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
    .flatMap(({ text }) => text.split(' ').slice(0, -1));
  const sent = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path = '']) => path);

  assert.deepEqual(
    copied.filter((path) => !existsSync(join(ROOT, path)) || !isSent(path)),
    [],
  );
  assert.deepEqual(sent.toSorted(), [...new Set(copied)].toSorted());
  for (const path of ['node_modules', '.git', 'docs', 'faultline-data', 'bench/results/local'])
    assert.equal(isSent(path), false, path);
});

test('the image holds what was compiled and what runs, no tool of development', () => {
  const from = stepsOf('faultline').flatMap(({ name, text }) => {
    const [, stage = '', path = ''] = (name === 'COPY' && /^--from=(\S+) (\S+)/.exec(text)) || [];
    return stage === '' ? [] : [`${stage}:${path}`];
  });
  const installs = stepsOf('production').filter(({ text }) => text.startsWith('npm '));

  assert.deepEqual(from, ['production:/app/node_modules', 'build:/app/dist']);
  assert.deepEqual(
    installs.map(({ text }) => text),
    ['npm ci --omit=dev --ignore-scripts'],
  );
  assert.equal(manifest.dependencies['node'], undefined);
});

test('an ordered exit has the time that its deadlines add up to', () => {
  const { shutdown } = configOf(service('faultline')).system;
  // Each of sink, source, pool and HTTP server is closed within `closeMs`.
  const mostMs = shutdown.intakeMs + shutdown.drainMs + shutdown.commitMs + 4 * shutdown.closeMs;
  const [, graceS = '0'] = /^(\d+)s$/.exec(service('faultline').stop_grace_period ?? '') ?? [];

  assert.ok(Number(graceS) * 1000 > mostMs, `${graceS} s for ${mostMs} ms`);
});
