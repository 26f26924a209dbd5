/** Events whose report is left where it stands. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import type { Headers } from '../../../src/model/delivery.ts';
import { NO_HEADERS } from '../../../src/model/delivery.ts';
import type { PerfEvent } from '../../../src/model/event.ts';
import type { ReportPlace } from '../../../src/wire/event.ts';
import { decodeAround, decodeEvent, HEADERS_OF_ENCODING, reportPlace } from '../../../src/wire/event.ts';
import { NO_REPORTS, REPORTS, STACKS, trickyEvent } from './tricky-events.ts';

const SOURCE = { topic: 'app.crash', partition: 2, offset: 41, timestampMs: 1_700_000_000_000 };
const STACK = STACKS[0] ?? '';

interface Around {
  readonly place: ReportPlace;
  readonly event: PerfEvent;
}

/** What is said of an event without a look into its report; `null` where nothing is. */
function around(value: Uint8Array, headers: Headers = NO_HEADERS): Around | null {
  const place = reportPlace(value, headers);
  const event = place === null ? null : decodeAround(value, place, SOURCE, 'a word that nobody knows');
  return place === null || event === null ? null : { place, event };
}

/** What the same bytes are to those who parse them all. */
function whole(value: Uint8Array, headers: Headers = NO_HEADERS): PerfEvent {
  return decodeEvent(value, headers, SOURCE, { eventBytesMax: 2 ** 20 });
}

/** What is said of the bytes, and that it is true of them if the report is JSON. */
function checked(value: Uint8Array, headers: Headers = NO_HEADERS): Around | null {
  const found = around(value, headers);
  if (found === null) return null;
  const report = Buffer.from(value.subarray(found.place.start, found.place.end)).toString();
  if (!isJson(report)) {
    assert.throws(() => whole(value, headers), { code: 'E_EVENT_UNMARSHAL' });
    return found;
  }
  const event = whole(value, headers);
  const { profileData } = whole(Buffer.from(`{"category":"C","profile_data":${report}}`));
  const problems = event.problems.filter(({ code }) => code !== 'invalid-utf8');
  assert.deepEqual({ ...found.event, profileData }, { ...event, problems });
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function bytes(fields: string): Uint8Array {
  return Buffer.from(`{"id":"e1","category":"C",${fields}}`);
}

describe('an event whose report is not parsed', () => {
  it('is the event that it is, or nothing is said of it', () => {
    let said = 0;
    fc.assert(
      fc.property(trickyEvent, (value) => {
        if (checked(value) !== null) said += 1;
      }),
      { numRuns: 3_000 },
    );

    assert.ok(said > 300, `of ${said} events only`);
  });

  it('is found for each form of report, wherever it stands', () => {
    for (const report of REPORTS) {
      for (const fields of [
        `"profile_data":${report}`,
        `"profile_data" : ${report} , "dimensions":{"fatal":false}`,
        `"dimensions":{"fatal":false},\n"profile_data":\t${report}\n`,
        `"profileData":${STACK},"profile_data":${report}`,
      ]) {
        const found = checked(bytes(fields));

        assert.ok(found !== null, fields);
        const { start, end } = found.place;
        assert.equal(Buffer.from(bytes(fields).subarray(start, end)).toString(), report);
      }
    }
  });

  it('is not said to have a report that it has not', () => {
    const others = [...NO_REPORTS, STACKS[1] ?? ''];
    for (const other of others) {
      for (const fields of [
        `"dimensions":{"profile_data":${STACK}},"profile_data":${other}`,
        `"profile_data":${STACK},"profile_data":${other}`,
        `"profile_data":${STACK},"profile\\u005fdata":${other}`,
        `"\\"profile_data":${STACK},"profile_data":${other}`,
        `"values":[{"profile_data":${STACK}}],"profileData":${other}`,
        `"profileData":{"profile_data":${STACK},"report":${other}}`,
        `"__proto__":{"profile_data":${STACK}},"profileData":${other}`,
      ]) {
        assert.equal(checked(bytes(fields)), null, fields);
      }
    }
  });

  it('is left to those who parse where its report is no text, list or object', () => {
    for (const report of NO_REPORTS) {
      assert.equal(around(bytes(`"profile_data":${report}`)), null);
      assert.equal(checked(bytes(`"profile_data":${report},"profileData":${STACK}`)), null);
    }
  });

  it('is left to those who parse where it is no JSON around the report', () => {
    for (const fields of [
      `"x":,"profile_data":${STACK}`,
      `"profile_data":${STACK},`,
      `"profile_data":\u0001${STACK}`,
    ]) {
      assert.equal(around(bytes(fields)), null);
    }
    for (const text of [
      `["profile_data":${STACK}]`,
      `[{"profile_data":${STACK}}]`,
      `"profile_data":${STACK}`,
    ]) {
      assert.equal(around(Buffer.from(text)), null);
    }
  });

  it('is left to those who parse where bytes around the report are no UTF-8, or begin with a mark', () => {
    const good = Buffer.from(`{"category":"C","id":"xx","profile_data":${STACK},"note":"yy"}`);
    for (const at of [good.indexOf('xx'), good.indexOf('yy')]) {
      const bad = Buffer.from(good);
      bad[at] = 0xe5;

      assert.equal(around(bad), null);
    }
    assert.ok(around(good) !== null);
    assert.equal(around(Buffer.concat([Buffer.from('\ufeff'), good])), null);
  });

  it('is looked for in JSON only', () => {
    const msgpack = pack({ category: 'C', profile_data: 'x', note: '"profile_data":"x"' });
    const json = bytes(`"profile_data":${STACK}`);

    assert.equal(reportPlace(json, HEADERS_OF_ENCODING.msgpack), null);
    assert.ok(reportPlace(json, HEADERS_OF_ENCODING.json) !== null);
    assert.equal(around(msgpack), null);
    assert.equal(around(msgpack, HEADERS_OF_ENCODING.json), null);
    assert.equal(reportPlace(new Uint8Array(), NO_HEADERS), null);
  });
});
