import type { Page, PageRequest } from '../page.js';

export type DeliveryState = 'waiting' | 'delivered' | 'given-up';

/** How far the webhook of the end of a call is. Known for a day once it was delivered, for thirty once it was given up. */
export interface WebhookDelivery {
  readonly callSid: string;
  readonly state: DeliveryState;
  /** Begun so far. */
  readonly attempts: number;
  readonly enteredAt: string;
  /** While an attempt runs: when another instance would take over. Null when there is none to come. */
  readonly nextAttemptAt: string | null;
  /** When it was delivered or given up. */
  readonly finishedAt: string | null;
  /** What the receiver answered last, in words, if it was no success. */
  readonly lastFailure: string | null;
}

export interface WebhookDeliveries {
  of(callSid: string): Promise<WebhookDelivery | undefined>;
  /** Newest first. */
  givenUp(page: PageRequest): Promise<Page<WebhookDelivery>>;
}
