/** Outputs: what was expected of each record and nothing else, intact, within the publish policy, once a hand-out. */
import type { Publication } from '../../../src/model/delivery.ts';
import type { Checker, MakeChecker } from '../checkers.ts';
import { headerOf } from '../finding.ts';
import type { RecordState } from '../hand-out.ts';
import { DEAD_LETTER } from '../hand-out.ts';
import type { Output } from '../ledger.ts';
import { ID_HEADER } from '../plan.ts';

/** The rules of what is published. */
export const outputRules: MakeChecker = (ledger, violate): Checker => {
  const { publish } = ledger.plan;
  const requests = new Map<number, number>();

  function checkPolicy(request: number, publications: readonly Publication[]): void {
    requests.set(request, publications.length);
    if (ledger.plan.delivery === 'exactly-once')
      violate('exactly once goes by transactions alone', `request ${request}`);
    const sync = publish.mode === 'sync';
    const inFlight = [...requests.values()].reduce((sum, count) => sum + count, 0);
    const bytes = publications
      .slice(0, -1)
      .reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0);
    if (publications.length === 0) violate('a request holds something', `request ${request}`);
    if (requests.size > publish.inFlightMax) violate('requests in flight are bounded', `${requests.size}`);
    if (sync && inFlight > 1) violate('sync has one publication in flight', `${inFlight}`);
    if (publications.length > publish.publicationsMax)
      violate('requests are bounded by count', `request ${request}`);
    if (bytes >= publish.bytesMax) violate('requests are bounded by bytes', `request ${request}`);
  }

  function checkOutput(publication: Publication): void {
    const output = ledger.output(publication);
    if (output === null) {
      violate(
        'outputs belong to a record',
        `${publication.topic}: ${Buffer.from(publication.value).toString()}`,
      );
      return;
    }
    const { delivery, id } = output.state.record;
    const sameKey =
      Buffer.compare(publication.key ?? new Uint8Array(), delivery.key ?? new Uint8Array()) === 0;
    if (!sameKey || (publication.key === null) !== (delivery.key === null)) violate('the key is kept', id);
    if (!output.state.handOuts.some(({ concluded }) => concluded)) violate('late results are dropped', id);
    if (headerOf(publication, ID_HEADER) !== id) violate('headers are passed on', id);
    if (output.number === DEAD_LETTER) checkDeadLetter(output, publication);
    else if (output.state.ending !== 'findings') violate('outputs are the expected ones', `finding of ${id}`);
  }

  /** Only the guilty become dead letters, with their own fault, after all their tries. */
  function checkDeadLetter({ state, code }: Output, publication: Publication): void {
    const { id } = state.record;
    if (publication.value.length > publish.deadLetterBytesMax) violate('dead letters are cut', id);
    const expected = expectedCode(state);
    if (code !== expected)
      violate('only the guilty become dead letters', `${id}: ${code}, expected ${expected}`);
    const only = state.handOuts.length === 1 ? state.handOuts[0] : undefined;
    if (code === 'E_EVENT_ANALYZE' && only !== undefined && only.tries <= state.retriesMax) {
      violate('retries are spent before a dead letter', `${id}: ${only.tries} tries`);
    }
  }

  /** Each hand-out gives at most one acknowledged write of each output. */
  function checkOnce(publication: Publication): void {
    const output = ledger.output(publication);
    if (output === null) return;
    const { state, number } = output;
    const written = state.acknowledged.get(number) ?? 0;
    if (written > state.handOuts.length) {
      violate(
        'duplicates come from hand-outs only',
        `${state.record.id} output ${number}: ${written} writes`,
      );
    }
  }

  return {
    see(fact) {
      if (fact.type === 'started') requests.clear();
      else if (fact.type === 'publish-asked') {
        checkPolicy(fact.request, fact.publications);
        for (const publication of fact.publications) checkOutput(publication);
      } else if (fact.type === 'answered') {
        requests.delete(fact.request);
        for (const [index, publication] of fact.publications.entries()) {
          if (fact.results[index] === null) checkOnce(publication);
        }
      }
    },
  };
};

/** The fault that a dead letter of this record must carry. */
function expectedCode({ behaviour, ending }: RecordState): string {
  switch (behaviour.kind) {
    case 'malformed':
      return 'E_EVENT_UNMARSHAL';
    case 'poison':
      return behaviour.hangs ? 'E_EVENT_TIMEOUT' : 'E_EVENT_WORKER_DIED';
    default:
      if (ending === 'dead-letter') return 'E_EVENT_ANALYZE';
      return behaviour.refused.size > 0 && ending === 'findings' ? 'E_SINK_REJECTED' : 'none';
  }
}
