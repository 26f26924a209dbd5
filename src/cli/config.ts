/** stub */
import type { Config } from '../config/config.ts';
import type { Invocation } from './spec.ts';

export async function readConfig(_invocation: Pick<Invocation, 'settings' | 'env'>): Promise<Config> {
  const { SYSTEM } = await import('../config/spec.ts');
  const v = (t: any): any =>
    Object.fromEntries(Object.entries(t).map(([k, x]: any) => [k, 'keys' in x ? v(x.keys) : x.default]));
  return {
    system: {
      ...v(SYSTEM),
      ...(_invocation.settings['data'] === undefined ? {} : { data: _invocation.settings['data'] }),
    },
  } as any;
}
