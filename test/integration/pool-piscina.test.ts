import { createPiscinaPool } from '../../src/pool/piscina.ts';
import { poolContract } from '../contract/pool.ts';

poolContract('piscina', { create: createPiscinaPool, threads: true });
