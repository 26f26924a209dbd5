// Crashes of the shop's web server: each case dies of an uncaught error.
import { readFile } from 'node:fs/promises';
import { render } from './render.mjs';

class PaymentError extends Error {
  name = 'PaymentError';
}

const cases = {
  'type-error': () => render({ lines: [{ article: 'tea' }] }),
  'async-cause': () => pay('order-4711'),
  'all-mirrors': () => Promise.any(['a', 'b'].map((mirror) => fetchStock(mirror))),
  recursion: () => walk({ name: 'root' }),
  timer: () => setTimeout(function expireBasket() { null.forEach((item) => item); }, 1),
};

async function pay(order) {
  try {
    await readKey(order);
  } catch (error) {
    throw new PaymentError(`payment of ${order} failed`, { cause: error });
  }
}

async function readKey(order) {
  return JSON.parse(await readFile('/tmp/shop/keys/missing.json', 'utf8'))[order];
}

async function fetchStock(mirror) {
  await null;
  throw new RangeError(`mirror ${mirror} answers 503`);
}

function walk(category) {
  return walk({ name: category.name, parent: category });
}

await cases[process.argv[2]]();
