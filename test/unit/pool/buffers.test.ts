import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FreeBuffers } from '../../../src/pool/buffers.ts';

const KIB = 2 ** 10;

describe('buffers of batches', () => {
  it('a buffer that came back is used again', () => {
    const buffers = new FreeBuffers(2);
    const first = buffers.take(100 * KIB);
    buffers.give(first);

    const second = buffers.take(90 * KIB);

    assert.equal(second, first);
  });

  it('a buffer is never too small', () => {
    const buffers = new FreeBuffers(2);
    buffers.give(new ArrayBuffer(KIB));

    assert.ok(buffers.take(300 * KIB).byteLength >= 300 * KIB);
  });

  it('no more are kept than allowed, and none that is huge', () => {
    const buffers = new FreeBuffers(1);
    const [small, extra, huge] = [
      new ArrayBuffer(64 * KIB),
      new ArrayBuffer(64 * KIB),
      new ArrayBuffer(64 * KIB * KIB),
    ];
    buffers.give(huge);
    buffers.give(small);
    buffers.give(extra);

    const taken = [buffers.take(KIB), buffers.take(KIB)];

    assert.equal(taken[0], small);
    assert.equal([extra, huge].includes(taken[1] ?? small), false);
  });

  it('when fewer are to be kept, the surplus goes', () => {
    const buffers = new FreeBuffers(2);
    const [first, second] = [new ArrayBuffer(64 * KIB), new ArrayBuffer(64 * KIB)];
    buffers.give(first);
    buffers.give(second);

    buffers.keep(1);

    assert.deepEqual([buffers.spare(), buffers.spare()], [first, null]);
  });
});
