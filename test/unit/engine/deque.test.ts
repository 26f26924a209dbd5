import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deque } from '../../../src/engine/deque.ts';

test('it behaves as an array with push, unshift and shift', () => {
  const steps = fc.array(fc.oneof(fc.constant('pop'), fc.constant('back'), fc.constant('front')), {
    maxLength: 300,
  });
  fc.assert(
    fc.property(steps, (script) => {
      const deque = new Deque<number>();
      const model: number[] = [];
      for (const [i, step] of script.entries()) {
        if (step === 'back') {
          deque.pushBack(i);
          model.push(i);
        } else if (step === 'front') {
          deque.pushFront(i);
          model.unshift(i);
        } else if (model.length > 0) {
          assert.equal(deque.peek(), model[0]);
          assert.equal(deque.popFront(), model.shift());
        }
        assert.equal(deque.length, model.length);
      }
    }),
  );
});

test('popping an empty queue breaks an assertion', () => {
  assert.throws(() => new Deque<number>().popFront(), { code: 'E_ASSERT' });
});
