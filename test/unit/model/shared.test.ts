/** Lists that many results share. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isShared, share } from '../../../src/model/shared.ts';

describe('a shared list', () => {
  it('is the list itself, and cannot be changed any more', () => {
    const list = [{ line: 1 }, { line: 2 }];

    const shared = share(list);

    assert.equal(shared, list);
    assert.throws(() => list.push({ line: 3 }), TypeError);
    assert.throws(() => list.reverse(), TypeError);
    assert.deepEqual(shared, [{ line: 1 }, { line: 2 }]);
  });

  it('is known as one; its copies, parts and other frozen lists are not', () => {
    const shared = share([{ line: 1 }, { line: 2 }]);

    assert.equal(isShared(shared), true);
    assert.equal(isShared([...shared]), false);
    assert.equal(isShared(shared.slice()), false);
    assert.equal(isShared(Object.freeze([{ line: 1 }, { line: 2 }])), false);
  });
});
