/** Entry of a bare worker loop: burns as many chunks as it is told, and says when it has. */
import { parentPort } from 'node:worker_threads';
import { burn } from '../analyzers/burn.ts';

parentPort?.on('message', (chunks: number) => {
  burn(chunks);
  parentPort?.postMessage('done');
});
