import { createInlinePool } from '../../src/pool/inline.ts';
import { poolContract } from './pool.ts';

poolContract('inline', { create: createInlinePool, threads: false });
