import type { CalleeAnswer, LegRecord, Phone, PlacedCall } from '../phone/contract.js';
import { notFound, RestProblem } from './problem.js';
import { callShape, pageShape } from './shapes.js';

export interface CallsOptions {
  accountSid: string;
  phone: () => Phone;
  owns: (number: string) => boolean;
  callee: (to: string) => CalleeAnswer | Promise<CalleeAnswer>;
  placed: (call: PlacedCall) => void;
}

const E164 = /^\+[1-9]\d{6,14}$/;
const MAX_TWIML = 4000;
const EVENTS = ['initiated', 'ringing', 'answered', 'completed'] as const;

/** The Calls resource: what it does, it does to calls of the telephone. Source: Twilio, Call resource. */
export function callsResource({ accountSid, phone, owns, callee, placed }: CallsOptions) {
  const shapeOf = (leg: LegRecord) => callShape(leg, accountSid);
  const legOf = (callSid: string) => {
    const leg = phone().legs.find((each) => each.callSid === callSid);
    if (!leg) throw notFound(`/Accounts/${accountSid}/Calls/${callSid}.json`);
    return leg;
  };

  const create = (form: URLSearchParams) => {
    const [to, from, url, twiml] = ['To', 'From', 'Url', 'Twiml'].map((name) => form.get(name) ?? undefined);
    if (!to) throw new RestProblem(400, 21201, "No 'To' number is specified");
    if (!from) throw new RestProblem(400, 21213, "No 'From' number is specified");
    if (!E164.test(to))
      throw new RestProblem(400, 21211, `The phone number you are attempting to call, ${to}, is not valid.`);
    if (!E164.test(from)) throw new RestProblem(400, 21212, `The source phone number provided, ${from}, is not valid.`);
    if (!owns(from)) {
      throw new RestProblem(
        400,
        21210,
        `The source phone number provided, ${from}, is not yet verified for your account.`,
      );
    }
    if (!url && !twiml) throw new RestProblem(400, 21205, 'Url parameter is required.');
    if (twiml && twiml.length > MAX_TWIML) throw new RestProblem(400, 21205, 'Twiml is too long.');
    const asyncUrl = form.get('AsyncAmdStatusCallback');
    const isAsync = form.get('AsyncAmd') === 'true';
    if (form.has('MachineDetection') && isAsync && !asyncUrl) {
      throw new RestProblem(400, 21262, 'AsyncAmdStatusCallback is required for asynchronous detection.');
    }
    const statusUrl = form.get('StatusCallback');
    const events = form.getAll('StatusCallbackEvent');
    const call = phone().place({
      from,
      to,
      callee: () => callee(to),
      ...(url && { voiceUrl: url }),
      ...(twiml && { twiml }),
      ...(statusUrl && {
        statusUrl,
        statusEvents: EVENTS.filter((event) => (events.length > 0 ? events.includes(event) : event === 'completed')),
      }),
      ...(form.get('Timeout') && { ringLimitMs: Number(form.get('Timeout')) * 1000 }),
      ...(form.has('MachineDetection') && {
        detection:
          isAsync && asyncUrl
            ? {
                mode: 'async',
                url: asyncUrl,
                method: form.get('AsyncAmdStatusCallbackMethod') === 'GET' ? 'GET' : 'POST',
              }
            : { mode: 'sync' },
      }),
    });
    placed(call);
    return { status: 201, body: { ...shapeOf(call.leg), status: 'queued' } };
  };

  const update = (callSid: string, form: URLSearchParams) => {
    const leg = legOf(callSid);
    const notInProgress = () => new RestProblem(400, 21220, 'Call is not in-progress. Cannot redirect.');
    const status = form.get('Status');
    const twiml = form.get('Twiml');
    const url = form.get('Url');
    if (status !== null) {
      if (status !== 'completed' && status !== 'canceled') throw new RestProblem(400, 21218, 'Invalid Status.');
      if (!phone().change(callSid, { to: 'end', status })) throw notInProgress();
    } else if (twiml !== null) {
      if (twiml.length > MAX_TWIML) throw new RestProblem(400, 21205, 'Twiml is too long.');
      if (!phone().change(callSid, { to: 'twiml', twiml })) throw notInProgress();
    } else if (url !== null) {
      const method = form.get('Method') === 'GET' ? 'GET' : 'POST';
      if (!phone().change(callSid, { to: 'url', url, method })) throw notInProgress();
    } else {
      throw new RestProblem(400, 20001, 'Nothing to update.');
    }
    return { status: 200, body: shapeOf(leg) };
  };

  const list = (path: string, query: URLSearchParams) => {
    const wanted = (name: string, value: string | undefined) => query.get(name) === null || query.get(name) === value;
    const legs = phone()
      .legs.filter(
        (leg) =>
          wanted('To', leg.to) &&
          wanted('From', leg.from) &&
          wanted('Status', leg.status) &&
          wanted('ParentCallSid', leg.parentCallSid),
      )
      .toReversed();
    return { status: 200, body: pageShape('calls', legs.map(shapeOf), path, query) };
  };

  return { create, update, list, fetch: (callSid: string) => ({ status: 200, body: shapeOf(legOf(callSid)) }) };
}
