import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  BATCH_DELIVERIES_LIMIT,
  clearProgress,
  loadProgress,
  progressIn,
  storeProgress,
} from '../../../../src/pool/worker/progress.ts';

const batchId = fc.maxSafeNat();
const index = fc.nat(BATCH_DELIVERIES_LIMIT - 1);

describe('the progress word', () => {
  it('names the delivery that was stored', () => {
    fc.assert(
      fc.property(batchId, index, (id, place) => {
        const progress = new Int32Array(new SharedArrayBuffer(4));

        storeProgress(progress, id, place);

        assert.equal(progressIn(loadProgress(progress), id), place);
      }),
    );
  });

  it('names none of the batch beside it, and none once it is cleared', () => {
    fc.assert(
      fc.property(batchId, index, (id, place) => {
        const progress = new Int32Array(new SharedArrayBuffer(4));

        storeProgress(progress, id, place);
        assert.equal(progressIn(loadProgress(progress), id + 1), undefined);
        clearProgress(progress);

        assert.equal(progressIn(loadProgress(progress), id), undefined);
      }),
    );
  });
});
