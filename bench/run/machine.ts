/** Facts about the machine, without which figures say nothing. */
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** What it is. */
export interface Machine {
  /** When the bench began, ISO 8601. */
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly kernel: string;
}

/** This one, now. */
export function thisMachine(): Machine {
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
  };
}

/** In one line. Pure. */
export function machineText({ date, node, cpu, cores, memoryMb, kernel }: Machine): string {
  return `${date.slice(0, 10)}, Node ${node}, ${cores} cores of ${cpu}, ${Math.round(memoryMb / 1024)} GiB, Linux ${kernel}`;
}
