/** Makes the storage of new nodes, with Kafka's own tool. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

/** How the storage tool is run, and for which nodes. */
export interface Formatting {
  readonly java: string;
  /** Options of the JVM, class path included. */
  readonly javaArgs: readonly string[];
  /** The properties file of each node, by its id. */
  readonly files: readonly string[];
  /** Further arguments of `format`. */
  readonly args: readonly string[];
}

const FORMAT_MS = 60_000;
const TAIL_LINES = 10;

/** Formats the nodes of one cluster; rejects with what the tool says, of properties that Kafka does not take for example. */
export async function formatStorage({ java, javaArgs, files, args }: Formatting): Promise<void> {
  const clusterId = newClusterId();
  const formatNode = async (file: string, id: number): Promise<void> => {
    const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file];
    try {
      await promisify(execFile)(java, [...javaArgs, ...tool, ...args], { timeout: FORMAT_MS });
    } catch (error) {
      throw new Error(`node ${id} of Kafka could not be formatted: ${toolOutput(error)}`, { cause: error });
    }
  };
  await Promise.all(files.map(formatNode));
}

/** 16 bytes as Kafka writes them; with a first one of 0 the text cannot begin with `-`, which the tool would take for an option. */
function newClusterId(): string {
  return Buffer.concat([Buffer.alloc(1), randomBytes(15)]).toString('base64url');
}

function toolOutput(error: unknown): string {
  const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
  return `${stdout}${stderr}`.trim().split('\n').slice(-TAIL_LINES).join('\n') || String(error);
}
