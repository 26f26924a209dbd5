import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { configSchema } from '../../../src/config/json-schema.ts';
import { mistakesOf } from './helpers.ts';

const validate = new Ajv2020({ allErrors: true, formats: { regex: true }, strictTypes: false }).compile(
  configSchema(),
);

/** A file, and whether it is good: for the schema and for the loader. */
const FILES: readonly (readonly [text: string, good: boolean])[] = [
  ['{}', true],
  ['system:\n', true],
  ['tasks:\n', true],
  ['system: { threads: auto, http: null, from: 2026-11-20T08:15:30Z, explain: false }', true],
  ['system: { threads: 8, http: 9464, batch: { bytes: 2 MiB } }', true],
  ['system: { threads: 257 }', false],
  ['system: { threads: many }', false],
  ['system: { lanes: 0 }', false],
  ['system: { lanes: "8" }', false],
  ['system: { batch: { bytes: 2 MB } }', false],
  ['system: { from: tomorrow }', false],
  ['system: { group: -a }', false],
  ['system: { nope: 1 }', false],
  ['system: { log: { nope: 1 } }', false],
  ['nope: 1', false],
  ['system: { transport: kafka, kafka: { brokers: [a:9092, b.c:1] } }', true],
  ['system: { kafka: { brokers: "a:9092,b:9092", tls: { caFile: null, serverName: x y } } }', true],
  ['system: { kafka: { brokers: [a] } }', false],
  ['system: { kafka: { brokers: 9092 } }', false],
  ['system: { kafka: { sasl: { password: x } } }', false],
  ['system: { kafka: { sasl: { password: } } }', false],
  ['system: { kafka: { sasl: { username: 3 } } }', false],
  ['system: { kafka: { tls: { caFile: "" } } }', false],
  ['tasks: { lag: }', true],
  ['tasks: { lag: { retry: { max: 0 }, outputs: { findings: "{task}s-out" } } }', true],
  ['tasks: { a: { topics: ^a$, analyzer: ./a.ts, analyzers: { X: crash }, enabled: true } }', true],
  ['tasks: { a: { topics: [^a$, ^b$], analyzer: lag } }', true],
  ['tasks: { lag: { threads: 3 } }', false],
  ['tasks: { lag: { topics: [] } }', false],
  ['tasks: { lag: { analyzer: nope } }', false],
  ['tasks: { lag: { enabled: 1 } }', false],
  ['tasks: { lag: { outputs: { findings: "{nope}" } } }', false],
  ['tasks: { "a b": { topics: ^a$, analyzer: lag } }', false],
];

for (const [text, good] of FILES) {
  test(`schema and loader agree that this is ${good ? 'good' : 'wrong'}: ${text.trim()}`, () => {
    assert.equal(validate(parse(text)), good);
    assert.equal(mistakesOf({ file: { name: 'f.yaml', text } }).length === 0, good);
  });
}
