/** How a webhook may fail: no connection, no answer in time, or an answer that is none. */
export type WebhookFailure = 'ct' | 'rt' | '4xx' | '5xx';

/** Which failures of a webhook are tried again, and how often. */
export interface Retries {
  count: number;
  covers: (failure: WebhookFailure) => boolean;
}

const MOST_RETRIES = 5;

/**
 * The overrides in a webhook's URL, `#rc=3&rp=all`: how often it is tried again, from 0 to 5 times, and after which failures;
 * once and only after a failed connection where nothing is said. Source: Twilio, Webhooks connection overrides.
 */
export function retriesOf(url: string): Retries {
  const given = new URLSearchParams(/#(.*)$/s.exec(url)?.[1] ?? '');
  const count = Number(given.get('rc') ?? 1);
  const failures = (given.get('rp') ?? 'ct').split(',');
  return {
    count: Number.isInteger(count) && count >= 0 && count <= MOST_RETRIES ? count : 1,
    covers: (failure) => failures.includes('all') || failures.includes(failure),
  };
}

/** Whether what answered is no answer to a webhook. */
export function failureOf(status: number): WebhookFailure | undefined {
  if (status < 400) return undefined;
  return status < 500 ? '4xx' : '5xx';
}
