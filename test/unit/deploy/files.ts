/**
 * The files of the containers as data: docker-compose.yml, deploy/Dockerfile and .dockerignore. Only as
 * much of their formats as these files use; what else turns up is an error.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One service, with what these tests look at. */
export interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly target: string };
  readonly init?: boolean;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly stop_grace_period?: string;
}

/** One instruction of a Dockerfile: `COPY`, and what follows it. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** One stage: what it begins with, and what is done in it. */
export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly steps: readonly Instruction[];
}

/** The checkout. */
export const ROOT: string = join(import.meta.dirname, '../../..');

/** The text of a file of the checkout. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The services by name. */
export function services(): ReadonlyMap<string, Service> {
  const file = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, Service>;
  };
  return new Map(Object.entries(file.services));
}

/** The stages in their order. */
export function stages(): readonly Stage[] {
  const text = read('deploy/Dockerfile').replace(/^#.*\n/gm, '');
  const instructions = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): Instruction => {
      const [, name = '', rest = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? [];
      if (name === '') throw new Error(`not understood: ${line}`);
      return { name, text: rest.trim() };
    });
  const begins = instructions.flatMap(({ name }, index) => (name === 'FROM' ? [index] : []));
  return begins.map((begin, index) => {
    const [, from = '', name = ''] = /^(\S+) AS (\S+)$/.exec(instructions[begin]?.text ?? '') ?? [];
    return { name, from, steps: instructions.slice(begin + 1, begins[index + 1]) };
  });
}

/** The instructions of a stage behind those of the stages that it is made from. */
export function stepsOf(name: string): readonly Instruction[] {
  const stage = stages().find((each) => each.name === name);
  return stage === undefined ? [] : [...stepsOf(stage.from), ...stage.steps];
}

/** What the steps put into the environment. */
export function environmentOf(steps: readonly Instruction[]): Readonly<Record<string, string>> {
  const pairs = steps
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ text }) => [...text.matchAll(/(\w+)=(\S+)/g)]);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

/** The command of the image's health check. */
export function healthCommand(): readonly string[] {
  const check = stepsOf('faultline').findLast(({ name }) => name === 'HEALTHCHECK');
  const [, command = '[]'] = /CMD (\[.*\])$/.exec(check?.text ?? '') ?? [];
  return JSON.parse(command) as string[];
}

/** Whether Docker sees a path of the checkout: the last pattern that matches it, or what it is in, decides. */
export function isSent(path: string): boolean {
  const patterns = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = patterns.findLast((pattern) => {
    const bare = pattern.replace(/^!/, '');
    return bare === '*' || path === bare || path.startsWith(`${bare}/`);
  });
  return last === undefined || last.startsWith('!');
}
