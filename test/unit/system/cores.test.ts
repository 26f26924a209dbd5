import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReadText } from '../../../src/system/cgroup.ts';
import { cpuQuota, parseCfsQuota, parseCpuMax } from '../../../src/system/cgroup.ts';
import { usableCores } from '../../../src/system/cores.ts';

/** A file system of a few texts. */
function files(texts: Readonly<Record<string, string>>): ReadText {
  return (path) => texts[path] ?? null;
}

test('version 2: quota over period, and max is no limit', () => {
  assert.equal(parseCpuMax('150000 100000\n'), 1.5);
  assert.equal(parseCpuMax('max 100000\n'), Infinity);
});

test('version 1: quota over period, and -1 is no limit', () => {
  assert.equal(parseCfsQuota('200000\n', '100000\n'), 2);
  assert.equal(parseCfsQuota('-1\n', '100000\n'), Infinity);
});

test('whatever the files hold, the quota is a positive number', () => {
  const text = fc.option(fc.oneof(fc.string(), fc.constantFrom('0 0', '5 0', '0 5', 'max', '-1 5', '1e9 1')));
  const property = fc.property(text, text, (one, two) => {
    assert.ok(parseCpuMax(one) > 0);
    assert.ok(parseCfsQuota(one, two) > 0);
  });

  fc.assert(property);
});

test('inside a container the root of the hierarchy binds', () => {
  const read = files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '50000 100000' });

  assert.equal(cpuQuota(read), 0.5);
});

test('the tightest of all groups above binds', () => {
  const read = files({
    '/proc/self/cgroup': '0::/system.slice/app.service\n',
    '/sys/fs/cgroup/system.slice/cpu.max': '200000 100000',
    '/sys/fs/cgroup/system.slice/app.service/cpu.max': '800000 100000',
  });

  assert.equal(cpuQuota(read), 2);
});

test('version 1 is found by its controllers, also where the path is the host’s', () => {
  const read = files({
    '/proc/self/cgroup': '7:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '300000',
    '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
  });

  assert.equal(cpuQuota(read), 3);
});

test('without control groups there is no limit', () => {
  assert.equal(cpuQuota(files({})), Infinity);
});

test('usable cores are whole, at least one, and never more than the machine has', () => {
  const quota = (text: string): ReadText =>
    files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': text });

  assert.equal(usableCores(8, quota('max 100000')), 8);
  assert.equal(usableCores(8, quota('350000 100000')), 3);
  assert.equal(usableCores(8, quota('50000 100000')), 1);
  assert.equal(usableCores(2, quota('800000 100000')), 2);
});

test('on this machine it is between one and the cores there are', () => {
  const cores = usableCores();

  assert.ok(Number.isInteger(cores) && cores >= 1 && cores <= availableParallelism());
});
