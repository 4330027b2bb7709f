import type { CallChange, CalleeAnswer, LegRecord, Phone, PlacedCall } from '../phone/contract.js';
import { CALL_LIMIT_SECONDS, type CallRules, readCallForm, readInline } from './call-form.js';
import { methodIn, secondsIn, urlIn } from './form.js';
import { notFound, RestProblem } from './problem.js';
import { callShape, pageShape } from './shapes.js';

export interface CallsOptions {
  accountSid: string;
  phone: () => Phone;
  rules: CallRules;
  callee: (to: string) => CalleeAnswer | Promise<CalleeAnswer>;
  queueMs: number | undefined;
  placed: (call: PlacedCall) => void;
}

/** The Calls resource: what it does, it does to calls of the telephone. Source: Twilio, Call resource. */
export function callsResource({ accountSid, phone, rules, callee, queueMs, placed }: CallsOptions) {
  const removed = new Set<string>();
  const shapeOf = (leg: LegRecord) => callShape(leg, accountSid);
  const legs = () => phone().legs.filter(({ callSid }) => !removed.has(callSid));
  const legOf = (callSid: string) => {
    const leg = legs().find((each) => each.callSid === callSid);
    if (!leg) throw notFound(`/Accounts/${accountSid}/Calls/${callSid}.json`);
    return leg;
  };

  return {
    /** Nothing rings before the answer has left. */
    create(form: URLSearchParams, answered: Promise<unknown>) {
      const fields = readCallForm(form, rules);
      const call = phone().place({ ...fields, queueMs, queuedUntil: answered, callee: () => callee(fields.to) });
      placed(call);
      return { status: 201, body: { ...shapeOf(call.leg), status: 'queued' } };
    },

    update(callSid: string, form: URLSearchParams) {
      const leg = legOf(callSid);
      const change = readChange(form);
      const limitMs = secondsIn(form, 'TimeLimit', [1, CALL_LIMIT_SECONDS]);
      const url = urlIn(form, 'StatusCallback', 21609);
      const method = methodIn(form, 'StatusCallbackMethod');
      if (!change && limitMs === undefined && url === undefined) {
        throw new RestProblem(400, 20001, 'Nothing to update.');
      }
      if (leg.endedMs !== undefined || (change && !phone().change(callSid, change))) {
        throw new RestProblem(400, 21220, 'Call is not in-progress. Cannot redirect.');
      }
      if (limitMs !== undefined) phone().change(callSid, { to: 'time-limit', limitMs });
      // Twilio takes a status callback only together with new TwiML.
      if (url !== undefined && change && change.to !== 'end') phone().change(callSid, { to: 'report', url, method });
      return { status: 200, body: shapeOf(leg) };
    },

    remove(callSid: string) {
      if (legOf(callSid).endedMs === undefined) {
        throw new RestProblem(400, 20009, 'Cannot delete a call that is not over.');
      }
      removed.add(callSid);
      return { status: 204 };
    },

    list(path: string, query: URLSearchParams) {
      const fits = (name: string, value: string | undefined) => !query.get(name) || query.get(name) === value;
      const found = legs()
        .filter((leg) => fits('To', leg.to) && fits('From', leg.from))
        .filter((leg) => fits('Status', leg.status) && fits('ParentCallSid', leg.parentCallSid))
        .filter((leg) => isWithin(query, 'StartTime', leg.answeredMs ?? leg.createdMs))
        .filter((leg) => isWithin(query, 'EndTime', leg.endedMs))
        .toReversed();
      return { status: 200, body: pageShape('calls', found.map(shapeOf), path, query) };
    },

    fetch: (callSid: string) => ({ status: 200, body: shapeOf(legOf(callSid)) }),
  };
}

function readChange(form: URLSearchParams): CallChange | undefined {
  const status = form.get('Status');
  const twiml = readInline(form);
  const url = urlIn(form, 'Url', 21205);
  const method = methodIn(form, 'Method');
  if (status) {
    if (status !== 'completed' && status !== 'canceled') throw new RestProblem(400, 21218, 'Invalid Status.');
    return { to: 'end', status };
  }
  if (twiml !== undefined) return { to: 'twiml', twiml };
  return url === undefined ? undefined : { to: 'url', url, method };
}

const DAY_MS = 86_400_000;

/** A date alone means the whole day; `<` and `>` take in their bound. Source: Twilio, Call resource (list filters). */
function isWithin(query: URLSearchParams, name: string, ms: number | undefined): boolean {
  return ['', '<', '>'].every((suffix) => {
    const text = query.get(name + suffix);
    if (!text) return true;
    const boundMs = Date.parse(text);
    if (Number.isNaN(boundMs)) throw new RestProblem(400, 20001, `${name}${suffix} ${text} is no date`);
    if (ms === undefined) return false;
    const untilMs = boundMs + (text.length === 10 ? DAY_MS : 1000);
    return (suffix === '<' || ms >= boundMs) && (suffix === '>' || ms < untilMs);
  });
}
