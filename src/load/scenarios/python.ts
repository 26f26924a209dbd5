/** Errors of the shop's servers, as CPython prints them. */
import type { Scenario } from './scenario.ts';

const serverCrash = (scene: string, thread: string, report: string): Scenario => ({
  kind: 'crash',
  platform: 'python',
  format: 'python-stack',
  process: 'shop-api',
  thread,
  scene,
  report,
});

/** All of them. */
export const PYTHON: readonly Scenario[] = [
  serverCrash(
    'order',
    'worker-3',
    `Traceback (most recent call last):
  File "/srv/shop/stock/reserve.py", line 61, in reserve
    row = self.rows[article]
          ~~~~~~~~~^^^^^^^^^
KeyError: 'article-{{order}}'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/shop/http/router.py", line 118, in dispatch
    return handler(request)
           ^^^^^^^^^^^^^^^^
  File "/srv/shop/orders/views.py", line 44, in create_order
    reservation = stock.reserve(article, count)
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/srv/shop/stock/reserve.py", line 64, in reserve
    raise OutOfStock(article)
shop.stock.errors.OutOfStock: article-{{order}} is sold out
`,
  ),
  serverCrash(
    'invoice',
    'mailer-1',
    `Traceback (most recent call last):
  File "/srv/shop/mail/queue.py", line 92, in run
    self.send(job)
  File "/srv/shop/mail/queue.py", line 131, in send
    body = render(job.template, job.fields)
  File "/srv/shop/mail/render.py", line 27, in render
    return template.format(**fields)
ValueError: unsupported format character 'é' (0xe9) at index {{order}}
`,
  ),
];
