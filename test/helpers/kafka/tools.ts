/**
 * The programs that a broker for tests needs: Java 17 or newer, Maven for gathering it, and `openssl`
 * where it speaks TLS. Looks for them; installs nothing.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A broker cannot be had on this machine; the message says what is missing. */
export class KafkaUnavailable extends Error {
  override readonly name = 'KafkaUnavailable';
}

/** The file that a command of this name would run, or `undefined`. */
export function findCommand(name: string): string | undefined {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

/** The Java to run: JAVA_HOME's, else the one of PATH. Throws KafkaUnavailable without one. */
export function javaCommand(): string {
  const home = process.env['JAVA_HOME'];
  const java = home === undefined ? findCommand('java') : join(home, 'bin/java');
  if (java !== undefined && isExecutable(java)) return java;
  throw new KafkaUnavailable('there is no Java: install Java 17 or newer, or set KAFKA_BROKERS');
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
