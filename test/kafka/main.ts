/**
 * `make test-kafka`: the suites that need a broker, on one node of Apache Kafka that is started for
 * them, or on the cluster of KAFKA_BROKERS. Leaves with their exit code. Without Java or Maven it
 * says so and leaves with 0, under CI=true with 1.
 *
 * KAFKA_VERSION=3.9.1: on that release; suites that start clusters of their own stay on the newest.
 *
 *   node test/kafka/main.ts [--test-name-pattern=... and other options of `node --test`] [FILE...]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { KafkaCluster } from '../helpers/kafka/cluster.ts';
import { startKafka } from '../helpers/kafka/cluster.ts';
import type { KafkaVersion } from '../helpers/kafka/jars.ts';
import { KAFKA_VERSIONS } from '../helpers/kafka/jars.ts';
import { KafkaUnavailable } from '../helpers/kafka/tools.ts';
import { givenBrokers, whyWithout } from '../helpers/kafka/use-kafka.ts';

const SUITES = ['test/kafka/**/*.test.ts'];

/** Runs the suites; gives their exit code. */
async function runSuites(brokers: readonly string[]): Promise<number> {
  const given = process.argv.slice(2);
  const files = given.some((argument) => !argument.startsWith('-')) ? [] : SUITES;
  const args = ['--test', '--test-reporter=spec', ...given, ...files];
  const env = { ...process.env, KAFKA_BROKERS: brokers.join() };
  const suites = spawn(process.execPath, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => suites.kill(signal));
  const [code] = (await once(suites, 'close')) as [number | null];
  return code ?? 1;
}

/** Throws for one that the suites do not know. */
function kafkaVersion(): KafkaVersion {
  const asked = process.env['KAFKA_VERSION'] ?? KAFKA_VERSIONS[0];
  const version = KAFKA_VERSIONS.find((known) => known === asked);
  if (version === undefined) throw new Error(`KAFKA_VERSION is one of ${KAFKA_VERSIONS.join(', ')}`);
  return version;
}

async function main(): Promise<number> {
  const given = givenBrokers();
  if (given !== undefined) return runSuites(given);
  let cluster: KafkaCluster;
  try {
    cluster = await startKafka({ version: kafkaVersion() });
  } catch (error) {
    console.log(`test-kafka: skipped, ${whyWithout(error)}`);
    return 0;
  }
  try {
    return await runSuites(cluster.brokers);
  } finally {
    await cluster.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`test-kafka: failed, ${error instanceof KafkaUnavailable ? error.message : String(error)}`);
  process.exitCode = 1;
}
