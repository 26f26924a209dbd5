/**
 * Reads the primitive types of Kafka's protocol, big-endian. Every method throws a RangeError where
 * the bytes end too early; byte arrays are views.
 */

const TWO_TO_32 = 2 ** 32;

/** A place in a buffer that moves on with each value read. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int8(): number {
    return this.#bytes.readInt8(this.#step(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4));
  }

  /** A number: offsets, times and producer ids are safe integers. */
  int64(): number {
    const at = this.#step(8);
    return this.#bytes.readInt32BE(at) * TWO_TO_32 + this.#bytes.readUInt32BE(at + 4);
  }

  /** Seven bits a byte, the lowest first; at most five bytes. */
  unsignedVarint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 0x80) {
      const byte = this.#bytes.readUInt8(this.#step(1));
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint of more than five bytes');
  }

  string(): string {
    return this.nullableString() ?? '';
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.#utf8(length);
  }

  bytes(): Buffer {
    return this.#view(Math.max(0, this.int32()));
  }

  /** Sixteen bytes, in hexadecimal. */
  uuid(): string {
    return this.#view(16).toString('hex');
  }

  /** A null array is an empty one. */
  array<T>(read: () => T): T[] {
    return this.#items(this.int32(), read);
  }

  /** Of flexible versions. */
  compactString(): string | null {
    const length = this.unsignedVarint() - 1;
    return length < 0 ? null : this.#utf8(length);
  }

  /** Of flexible versions. */
  compactArray<T>(read: () => T): T[] {
    return this.#items(this.unsignedVarint() - 1, read);
  }

  /** Passes over the tagged fields that end each structure of flexible versions. */
  skipTags(): void {
    const fields = this.unsignedVarint();
    for (let i = 0; i < fields; i += 1) {
      this.unsignedVarint();
      this.#step(this.unsignedVarint());
    }
  }

  #items<T>(count: number, read: () => T): T[] {
    const items: T[] = [];
    for (let i = 0; i < count; i += 1) items.push(read());
    return items;
  }

  #utf8(length: number): string {
    return this.#view(length).toString('utf8');
  }

  #view(length: number): Buffer {
    const at = this.#step(length);
    return this.#bytes.subarray(at, at + length);
  }

  #step(bytes: number): number {
    const at = this.#at;
    if (bytes < 0 || at + bytes > this.#bytes.length) throw new RangeError('the bytes end too early');
    this.#at = at + bytes;
    return at;
  }
}
