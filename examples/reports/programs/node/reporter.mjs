// A client that reports its own uncaught errors as events, one a line, and goes on.
import { render } from './render.mjs';

const DEVICES = ['100017', '100042', '100017'];

function report(error, device) {
  const event = {
    category: 'PERF_CRASH',
    timestamp: new Date().toISOString(),
    dimensions: { app_id: 'com.example.shop', app_version: '4.2.0', platform: 'node', device_id: device, scene: 'basket' },
    values: { uptime_ms: Math.round(performance.now()) },
    profile_data: { format: 'js-stack', report: error.stack },
  };
  console.log(JSON.stringify(event));
}

let at = 0;
process.on('uncaughtException', (error) => report(error, DEVICES[at++]));
setTimeout(() => render({ lines: [{ article: 'cup' }] }), 1);
setTimeout(() => decodeURIComponent('%E0%A4%A'), 2);
setTimeout(function restoreBasket() { JSON.parse('{"lines": [}'); }, 3);
