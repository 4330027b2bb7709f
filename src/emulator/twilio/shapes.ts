import type { LegRecord } from '../phone/contract.js';
import { RestProblem } from './problem.js';

export const API_VERSION = '2010-04-01';
const PAGE_SIZE_LIMIT = 1000;

/** RFC 2822, as Twilio writes moments; null stays null. */
export function rfc2822(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toUTCString().replace('GMT', '+0000');
}

/** A call. Source: Twilio, Call resource. Durations are strings. */
export function callShape(leg: LegRecord, accountSid: string) {
  const uri = `/${API_VERSION}/Accounts/${accountSid}/Calls/${leg.callSid}`;
  const isOver = leg.endedMs !== undefined;
  return {
    sid: leg.callSid,
    account_sid: accountSid,
    parent_call_sid: leg.parentCallSid ?? null,
    to: leg.to,
    to_formatted: leg.to,
    from: leg.from,
    from_formatted: leg.from,
    phone_number_sid: null,
    status: leg.status,
    direction: leg.direction,
    answered_by: leg.answeredBy ?? null,
    start_time: rfc2822(leg.answeredMs),
    end_time: rfc2822(leg.endedMs),
    duration: isOver ? String(Math.round(leg.durationMs / 1000)) : null,
    price: null,
    price_unit: 'USD',
    queue_time: '0',
    api_version: API_VERSION,
    forwarded_from: null,
    group_sid: null,
    caller_name: null,
    trunk_sid: '',
    date_created: rfc2822(leg.createdMs),
    date_updated: rfc2822(leg.endedMs ?? leg.createdMs),
    uri: `${uri}.json`,
    subresource_uris: { recordings: `${uri}/Recordings.json` },
  };
}

/** A number of the account, as its REST resource has it. Source: Twilio, IncomingPhoneNumber resource. */
export interface NumberState {
  sid: string;
  phone_number: string;
  friendly_name: string;
  voice_url: string | null;
  voice_method: string;
  voice_fallback_url: string | null;
  voice_fallback_method: string;
  voice_application_sid: string | null;
  trunk_sid: string | null;
  status_callback: string | null;
  status_callback_method: string;
}

export function numberShape(number: NumberState, accountSid: string) {
  return {
    ...number,
    account_sid: accountSid,
    api_version: API_VERSION,
    capabilities: { voice: true, sms: false, mms: false, fax: false },
    voice_caller_id_lookup: false,
    voice_receive_mode: 'voice',
    origin: 'twilio',
    status: 'in-use',
    beta: false,
    date_created: rfc2822(0),
    date_updated: rfc2822(0),
    uri: `/${API_VERSION}/Accounts/${accountSid}/IncomingPhoneNumbers/${number.sid}.json`,
  };
}

/** One page of a list. Throws 20007 for a size out of bounds. Source: Twilio, paging: relative addresses, null where there is no further page. */
export function pageShape(key: string, items: readonly unknown[], path: string, query: URLSearchParams) {
  const pageSize = Number(query.get('PageSize') || 50);
  const page = Number(query.get('Page') || 0);
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > PAGE_SIZE_LIMIT) {
    throw new RestProblem(400, 20007, `Page size must be from 1 to ${PAGE_SIZE_LIMIT}`);
  }
  if (!Number.isInteger(page) || page < 0) throw new RestProblem(400, 20001, 'Page is not a whole number');
  const at = (number: number) => {
    const next = new URLSearchParams(query);
    next.set('PageSize', String(pageSize));
    next.set('Page', String(number));
    return `${path}?${next}`;
  };
  const start = page * pageSize;
  const shown = items.slice(start, start + pageSize);
  return {
    [key]: shown,
    page,
    page_size: pageSize,
    start,
    end: Math.max(start, start + shown.length - 1),
    uri: at(page),
    first_page_uri: at(0),
    next_page_uri: start + pageSize < items.length ? at(page + 1) : null,
    previous_page_uri: page > 0 ? at(page - 1) : null,
  };
}
