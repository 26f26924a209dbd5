/**
 * The CPU quota of the control groups that a process is in: pure readers of what Linux says.
 *
 * Formats: https://docs.kernel.org/admin-guide/cgroup-v2.html (`cpu.max`) and
 * https://docs.kernel.org/scheduler/sched-bwc.html (`cpu.cfs_quota_us`). A quota of any group up to
 * the root binds, and inside a container the path may be the host's, which does not exist here: so
 * all places up to the root are looked at, and what is missing or odd counts as no limit.
 */

/** The text of a file, or `null` where it cannot be read. */
export type ReadText = (path: string) => string | null;

const ROOT = '/sys/fs/cgroup';

/** CPUs' worth of time that may be used, such as 1.5; `Infinity` without a limit. */
export function cpuQuota(read: ReadText): number {
  const quotas = (read('/proc/self/cgroup') ?? '').split('\n').flatMap((line) => quotasOf(line, read));
  return Math.min(Infinity, ...quotas);
}

/** A line is `hierarchy:controllers:path`; version 2 has hierarchy 0 and no controllers. */
function quotasOf(line: string, read: ReadText): readonly number[] {
  const [, hierarchy, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
  if (controllers === undefined || path === undefined) return [];
  if (hierarchy === '0' && controllers === '') {
    return upwards(path).map((place) => parseCpuMax(read(`${ROOT}${place}/cpu.max`)));
  }
  if (!controllers.split(',').includes('cpu')) return [];
  return upwards(path).map((place) => {
    const folder = `${ROOT}/${controllers}${place}`;
    return parseCfsQuota(read(`${folder}/cpu.cfs_quota_us`), read(`${folder}/cpu.cfs_period_us`));
  });
}

/** `/a/b` → `/a/b`, `/a` and the root, which is empty. */
function upwards(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.keys(), parts.length].map((depth) =>
    parts
      .slice(0, depth)
      .map((part) => `/${part}`)
      .join(''),
  );
}

/** Version 2: `max 100000` or `150000 100000`, microseconds of quota and period. */
export function parseCpuMax(text: string | null): number {
  const [quota = '', period = ''] = (text ?? '').trim().split(/\s+/);
  return share(quota, period);
}

/** Version 1: one file each, in microseconds; a quota of -1 is no limit. */
export function parseCfsQuota(quota: string | null, period: string | null): number {
  return share((quota ?? '').trim(), (period ?? '').trim());
}

function share(quota: string, period: string): number {
  const known = /^\d+$/.test(quota) && /^\d+$/.test(period) && Number(quota) > 0 && Number(period) > 0;
  return known ? Number(quota) / Number(period) : Infinity;
}
