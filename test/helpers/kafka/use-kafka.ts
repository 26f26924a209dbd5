/**
 * The broker that a test file talks to: the one of KAFKA_BROKERS, as `make test-kafka` sets it, else
 * one of the file's own, ended after its tests. Where there can be none the tests are skipped and
 * say why; under CI=true that is a failure.
 */
import { after } from 'node:test';
import { startKafka } from './cluster.ts';
import { kafkaClassPath } from './jars.ts';
import { javaCommand, KafkaUnavailable } from './tools.ts';

/** What a test file has. */
export interface KafkaForFile {
  readonly brokers: readonly string[];
  /** For `test(name, { skip })`: false, or why there is no broker. */
  readonly skip: string | false;
}

/** To be awaited at the top of a test file, before its tests are declared. Throws KafkaUnavailable under CI=true. */
export async function useKafka(): Promise<KafkaForFile> {
  const given = givenBrokers();
  if (given !== undefined) return { brokers: given, skip: false };
  try {
    const cluster = await startKafka();
    after(() => cluster.close());
    return { brokers: cluster.brokers, skip: false };
  } catch (error) {
    return { brokers: [], skip: whyWithout(error) };
  }
}

/** The same for tests that start clusters of their own, whatever KAFKA_BROKERS says: false, or why they cannot. */
export async function skipClusters(): Promise<string | false> {
  try {
    javaCommand();
    await kafkaClassPath();
    return false;
  } catch (error) {
    return whyWithout(error);
  }
}

/** The brokers of KAFKA_BROKERS (`host:port`, with commas between them); `undefined` when it is not set. */
export function givenBrokers(): readonly string[] | undefined {
  const given = process.env['KAFKA_BROKERS'];
  return given === undefined || given === '' ? undefined : given.split(',');
}

/** Why a suite runs without a broker. Throws the error again where it may not: under CI=true, or when a broker could be had and failed. */
export function whyWithout(error: unknown): string {
  if (!(error instanceof KafkaUnavailable) || process.env['CI'] === 'true') throw error;
  return `no Kafka: ${error.message}`;
}
