import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { controlPath } from '../../../src/config/control-path.ts';
import { parseConfig } from '../../../src/config/load.ts';

function pathOf(flags: Readonly<Record<string, string>>, text: string | null = null): string | null {
  const file = text === null ? null : { name: '/etc/faultline/f.yaml', text };
  return controlPath(parseConfig({ file, flags }).system);
}

test('by itself the control socket lies in the directory of the log', () => {
  assert.equal(pathOf({}), resolve('faultline-data/control.sock'));
  assert.equal(pathOf({ data: '/var/log' }), '/var/log/control.sock');
  assert.equal(pathOf({}, 'system: { data: ../log }'), '/etc/log/control.sock');
});

test('with Kafka it lies in the same directory', () => {
  assert.equal(pathOf({ transport: 'kafka', brokers: 'a:1', data: '/var/f' }), '/var/f/control.sock');
});

test('without a log there is none, unless it is given', () => {
  assert.equal(pathOf({ transport: 'memory' }), null);
  assert.equal(pathOf({ transport: 'memory', control: '/run/f.sock' }), '/run/f.sock');
});

test('none, said in a file or as a flag, is none', () => {
  assert.equal(pathOf({ control: 'none' }), null);
  assert.equal(pathOf({}, 'system: { control: none }'), null);
  assert.equal(pathOf({}, 'system: { control: null }'), null);
});

test('a path of a file is relative to it, that of a flag to the working directory, and may be called auto', () => {
  assert.equal(pathOf({}, 'system: { control: run/f.sock }'), '/etc/faultline/run/f.sock');
  assert.equal(pathOf({}, 'system: { control: ./auto }'), '/etc/faultline/auto');
  assert.equal(pathOf({ control: 'f.sock' }), join(process.cwd(), 'f.sock'));
  assert.equal(pathOf({ control: './auto' }), join(process.cwd(), 'auto'));
});

test('what is no path is a mistake that says what is expected', () => {
  assert.throws(() => pathOf({}, 'system: { control: 8 }'), {
    code: 'E_CONFIG_INVALID',
    message: /expected auto, none or the path of a Unix socket, got 8/,
  });
  assert.throws(() => pathOf({ control: '' }), { code: 'E_CONFIG_INVALID' });
});
