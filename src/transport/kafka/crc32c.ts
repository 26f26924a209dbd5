/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches. `node:zlib` has only the other CRC-32.
 *
 * Hot: it sees each byte that is read and written. The processor's own instruction, by way of the
 * addon, takes a third of the time that the best tables take in JavaScript (4.8 against 1.8 GB/s).
 */
import { crc32c as addon } from '@node-rs/crc32';

/** Of `bytes` from `start` to `end`, exclusive; an unsigned 32-bit integer. */
export function crc32c(bytes: Buffer, start: number = 0, end: number = bytes.length): number {
  return addon(bytes.subarray(start, end));
}
