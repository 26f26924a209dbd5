/**
 * Apache Kafka itself, as its Maven artefacts: gathered once for each version into the user's cache
 * directory. Any number of processes may ask at the same time: each gathers into a directory of its
 * own, and the first that is done gives it its final name.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findCommand, KafkaUnavailable } from './tools.ts';

/** The brokers that the suites run against; the first runs where nothing else is asked for. */
export const KAFKA_VERSIONS = ['4.1.0', '3.9.1'] as const;

/** One of them. */
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number];

/** A first gathering takes 25 s with a quick repository; this ends one that has got stuck. */
const GATHER_MS = 10 * 60_000;

/** The class path of a broker and its tools. Throws KafkaUnavailable where it cannot be gathered. */
export async function kafkaClassPath(version: KafkaVersion = KAFKA_VERSIONS[0]): Promise<string> {
  const pom = pomOf(version);
  const digest = createHash('sha256').update(pom).digest('hex').slice(0, 8);
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'faultline');
  const directory = join(cache, `kafka-${version}-${digest}`);
  if (!existsSync(directory)) await gather(pom, cache, directory);
  return join(directory, '*');
}

async function gather(pom: string, cache: string, directory: string): Promise<void> {
  const maven = findCommand('mvn');
  if (maven === undefined)
    throw new KafkaUnavailable('there is no Maven to gather Kafka with: install it, or set KAFKA_BROKERS');
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'gathering-'));
  try {
    await writeFile(join(work, 'pom.xml'), pom);
    await copyDependencies(maven, work);
    await rename(join(work, 'jars'), directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function copyDependencies(maven: string, work: string): Promise<void> {
  const args = ['-B', '-q', '--strict-checksums', 'dependency:copy-dependencies', '-DoutputDirectory=jars'];
  try {
    await promisify(execFile)(maven, args, { cwd: work, timeout: GATHER_MS });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const why = `${stdout}${stderr}`.trim().split('\n').slice(0, 5).join('\n');
    throw new KafkaUnavailable(`Maven could not gather Kafka: ${why || String(error)}`, { cause: error });
  }
}

/**
 * slf4j-simple writes to the standard output; it is of 1.7, as Kafka's own slf4j. The binding that 3.9
 * brings along must not win over it.
 */
function pomOf(version: KafkaVersion): string {
  const artefacts = [
    ['org.apache.kafka', 'kafka_2.13', version],
    ['org.apache.kafka', 'kafka-tools', version],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ];
  const dependencies = artefacts.map(
    ([group, artefact, number]) => `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artefact}</artifactId>
      <version>${number}</version>
      <exclusions>
        <exclusion><groupId>org.slf4j</groupId><artifactId>slf4j-reload4j</artifactId></exclusion>
      </exclusions>
    </dependency>`,
  );
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>faultline</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`;
}
