/**
 * Kafka's own command-line tools, in Java, as the other end of what the product writes and reads: a
 * consumer, a producer with every compression, and the description of a group. They talk to brokers
 * without security (`insideBrokers` of a cluster that has some).
 *
 * Not meant for many records, and each call starts a Java of its own (1 to 3 s).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KafkaVersion } from './jars.ts';
import { kafkaClassPath } from './jars.ts';
import { javaCommand } from './tools.ts';

/** What to consume, from the first offset on. */
export interface ConsoleConsume {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** So many records, and an error when there are fewer; without it all there are. */
  readonly count?: number;
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  /** It ends when nothing has come for so long, milliseconds. */
  readonly idleMs?: number;
  readonly version?: KafkaVersion | undefined;
}

/** A record as the Java consumer sees it. */
export interface ConsoleRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer | null;
}

/** What to produce. */
export interface ConsoleProduce {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Texts without line ends. */
  readonly records: readonly { readonly key: string; readonly value: string }[];
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly version?: KafkaVersion | undefined;
}

/** A partition of a consumer group; what is not known (no commit, no member) is null. */
export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  readonly committed: number | null;
  readonly end: number | null;
  readonly lag: number | null;
  readonly member: string | null;
}

/** Control characters, which no text of the tests contains, as separators. */
const FIELD = '\x1f';
const RECORD = '\x1e';
const HEADER = '\x1d';
const NULL = '\x1c';
const IDLE_MS = 10_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
const RUN_MS = 120_000;

/** Reads a topic with the Java console consumer. */
export async function consoleConsume(options: ConsoleConsume): Promise<readonly ConsoleRecord[]> {
  const { topic, count, isolation = 'read_uncommitted', idleMs = IDLE_MS } = options;
  const format = {
    'print.partition': 'true',
    'print.offset': 'true',
    'print.headers': 'true',
    'print.key': 'true',
    'key.separator': FIELD,
    'line.separator': RECORD,
    'headers.separator': HEADER,
    'null.literal': NULL,
  };
  const args = [
    `--topic=${topic}`,
    '--from-beginning',
    `--isolation-level=${isolation}`,
    `--timeout-ms=${idleMs}`,
    ...(count === undefined ? [] : [`--max-messages=${count}`]),
    ...Object.entries(format).map(([name, value]) => `--property=${name}=${value}`),
  ];
  const { out, err } = await runTool('org.apache.kafka.tools.consumer.ConsoleConsumer', args, options);
  const records = out.toString('latin1').split(RECORD).slice(0, -1).map(asRecord);
  if (count !== undefined && records.length < count)
    throw new Error(`the Java consumer got ${records.length} of ${count} records of ${topic}: ${err}`);
  return records;
}

/** `Partition:0`, `Offset:7`, headers, key, value. Read as Latin 1, so that bytes which are no text survive. */
function asRecord(line: string): ConsoleRecord {
  const [partition = '', offset = '', headers = '', key = '', ...value] = line.split(FIELD);
  const bytes = (text: string): Buffer | null => (text === NULL ? null : Buffer.from(text, 'latin1'));
  return {
    partition: Number(partition.replace('Partition:', '')),
    offset: Number(offset.replace('Offset:', '')),
    key: bytes(key)?.toString() ?? null,
    headers: headers === 'NO_HEADERS' ? {} : Object.fromEntries(headers.split(HEADER).map(asHeader)),
    value: bytes(value.join(FIELD)),
  };
}

function asHeader(header: string): readonly [string, string] {
  const text = Buffer.from(header, 'latin1').toString();
  const colon = text.indexOf(':');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

/** Writes records with the Java console producer, all of them acknowledged when it resolves. */
export async function consoleProduce(options: ConsoleProduce): Promise<void> {
  const { topic, records, compression = 'none', version } = options;
  const args = [
    `--topic=${topic}`,
    `--compression-codec=${compression}`,
    '--request-required-acks=all',
    '--property=parse.key=true',
    `--property=key.separator=${FIELD}`,
  ];
  const tool = version === '3.9.1' ? 'kafka.tools.ConsoleProducer' : 'org.apache.kafka.tools.ConsoleProducer';
  const input = records.map(({ key, value }) => `${key}${FIELD}${value}\n`).join('');
  await runTool(tool, args, { ...options, input });
}

/** What `kafka-consumer-groups --describe` says of a group. */
export async function describeGroup(
  group: string,
  options: { readonly brokers: readonly string[]; readonly version?: KafkaVersion },
): Promise<readonly GroupPartition[]> {
  const tool = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
  const { out } = await runTool(tool, ['--describe', '--group', group], options);
  const rows = out
    .toString()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  const header = rows.find(([first]) => first === 'GROUP') ?? [];
  return rows
    .filter(([first, topic]) => first === group && topic !== undefined)
    .map((row) => {
      const cell = (name: string): string | null => dashAsNull(row[header.indexOf(name)]);
      const number = (name: string): number | null => (cell(name) === null ? null : Number(cell(name)));
      return {
        topic: cell('TOPIC') ?? '',
        partition: number('PARTITION') ?? -1,
        committed: number('CURRENT-OFFSET'),
        end: number('LOG-END-OFFSET'),
        lag: number('LAG'),
        member: cell('CONSUMER-ID'),
      };
    });
}

function dashAsNull(cell: string | undefined): string | null {
  return cell === undefined || cell === '-' ? null : cell;
}

/** Where and with what a tool runs. */
interface ToolRun {
  readonly brokers: readonly string[];
  readonly version?: KafkaVersion | undefined;
  readonly input?: string;
}

async function runTool(
  tool: string,
  args: readonly string[],
  { brokers, version, input = '' }: ToolRun,
): Promise<{ readonly out: Buffer; readonly err: string }> {
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  const all = [
    ...jvm,
    '-cp',
    await kafkaClassPath(version),
    tool,
    '--bootstrap-server',
    brokers.join(),
    ...args,
  ];
  const settings = { encoding: 'buffer', maxBuffer: OUTPUT_BYTES_MAX, timeout: RUN_MS } as const;
  const running = promisify(execFile)(javaCommand(), all, settings);
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return { out: stdout, err: stderr.toString().slice(-2000) };
}
