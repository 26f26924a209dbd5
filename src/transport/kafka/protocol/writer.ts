/** Writes the primitive types of Kafka's protocol, big-endian, into a buffer that grows; what is large is not copied. */

const FIRST_BYTES = 512;
const TWO_TO_32 = 2 ** 32;

/** Byte arrays from this length on stay where they are, as a piece of their own. */
const PIECE_BYTES_MIN = 4096;

/** Each method writes one value and gives the writer back. */
export class Writer {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;
  /** What stands before it. */
  readonly #pieces: Uint8Array[] = [];
  #piecesLength = 0;

  /** What was written, one piece behind the other; large byte arrays are those that were given. */
  get pieces(): readonly Uint8Array[] {
    return [...this.#pieces, this.#bytes.subarray(0, this.#length)];
  }

  /** What was written, in one. */
  get buffer(): Buffer {
    const last = this.#bytes.subarray(0, this.#length);
    return this.#pieces.length === 0 ? last : Buffer.concat([...this.#pieces, last]);
  }

  /** Bytes written. */
  size(): number {
    return this.#piecesLength + this.#length;
  }

  int8(value: number): this {
    const at = this.#room(1);
    this.#bytes.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#room(2);
    this.#bytes.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#room(4);
    this.#bytes.writeInt32BE(value, at);
    return this;
  }

  /** A safe integer. */
  int64(value: number): this {
    const at = this.#room(8);
    this.#bytes.writeInt32BE(Math.floor(value / TWO_TO_32), at);
    this.#bytes.writeUInt32BE(value - Math.floor(value / TWO_TO_32) * TWO_TO_32, at + 4);
    return this;
  }

  /** Seven bits a byte, the lowest first. */
  unsignedVarint(value: number): this {
    let left = value;
    while (left >= 0x80) {
      this.#byte((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    return this.#byte(left);
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    this.int16(Buffer.byteLength(value));
    return this.#utf8(value);
  }

  bytes(value: Uint8Array): this {
    this.int32(value.length);
    if (value.length >= PIECE_BYTES_MIN) return this.#attach(value);
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** `null`: what the request calls a null array. */
  array<T>(items: readonly T[] | null, write: (item: T) => void): this {
    this.int32(items === null ? -1 : items.length);
    for (const item of items ?? []) write(item);
    return this;
  }

  /** The string of flexible versions. */
  compactString(value: string): this {
    this.unsignedVarint(Buffer.byteLength(value) + 1);
    return this.#utf8(value);
  }

  /** The array of flexible versions. */
  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.unsignedVarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** The empty section of tagged fields that ends each structure of flexible versions. */
  noTags(): this {
    return this.unsignedVarint(0);
  }

  #utf8(value: string): this {
    const at = this.#room(Buffer.byteLength(value));
    this.#bytes.write(value, at);
    return this;
  }

  #attach(value: Uint8Array): this {
    this.#pieces.push(this.#bytes.subarray(0, this.#length), value);
    this.#piecesLength += this.#length + value.length;
    this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
    this.#length = 0;
    return this;
  }

  #byte(value: number): this {
    const at = this.#room(1);
    this.#bytes[at] = value;
    return this;
  }

  /** Where the next so many bytes go. Before the bytes are looked up: it may replace them by larger ones. */
  #room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}
