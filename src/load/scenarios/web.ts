/** Errors of the shop's web pages, as V8 prints them. */
import type { Scenario } from './scenario.ts';

const ORIGIN = 'https://shop.example/assets';

const webCrash = (scene: string, error: string, frames: readonly string[]): Scenario => ({
  kind: 'crash',
  platform: 'web',
  format: 'js-stack',
  process: 'renderer',
  thread: 'main',
  scene,
  report: [error, ...frames.map((frame) => `    at ${frame}`)].join('\n'),
});

/** All of them. */
export const WEB: readonly Scenario[] = [
  webCrash('basket', "TypeError: Cannot read properties of undefined (reading 'price')", [
    `sumLines (${ORIGIN}/basket-4f1c2a.js:1:18234)`,
    'Array.reduce (<anonymous>)',
    `BasketTotals.render (${ORIGIN}/basket-4f1c2a.js:1:19012)`,
    `renderComponent (${ORIGIN}/view-90be11.js:2:4471)`,
    `flushQueue (${ORIGIN}/view-90be11.js:2:6120)`,
  ]),
  webCrash('checkout', 'PaymentError: Zahlung für Bestellung {{order}} abgelehnt', [
    `PaymentForm.confirm (${ORIGIN}/checkout-77d0e3.js:1:9021)`,
    `async CheckoutPage.onSubmit (${ORIGIN}/checkout-77d0e3.js:1:12240)`,
    `async Promise.all (index 1)`,
    `async ${ORIGIN}/checkout-77d0e3.js:1:13377`,
  ]),
  webCrash('search', 'RangeError: Maximum call stack size exceeded', [
    ...Array.from({ length: 8 }, () => `expandFacet (${ORIGIN}/search-c0ffee.js:1:2210)`),
    `new FacetTree (${ORIGIN}/search-c0ffee.js:1:3098)`,
    `HTMLDivElement.onToggle (${ORIGIN}/search-c0ffee.js:1:5520)`,
  ]),
];
