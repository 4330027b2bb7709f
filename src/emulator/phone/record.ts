import type {
  Dialled,
  MarkRecord,
  MessageRecord,
  StreamRecord,
  WarningRecord,
  WebhookRecord,
  WhisperRecord,
} from './contract.js';
import type { TwimlDocument } from './verbs.js';

/** Everything that is written down about one call. Times in ms on its timeline. */
export class CallRecord {
  readonly streams: StreamRecord[] = [];
  readonly twiml: TwimlDocument[] = [];
  readonly requests: WebhookRecord[] = [];
  readonly dialled: Dialled[] = [];
  readonly whispers: WhisperRecord[] = [];
  readonly pressed: { digit: string; atMs: number }[] = [];
  readonly marks: MarkRecord[] = [];
  readonly clears: { atMs: number; queuedMs: number }[] = [];
  readonly mediaIn: { atMs: number; byteLength: number }[] = [];
  readonly warnings: WarningRecord[] = [];
  readonly messages: MessageRecord[] = [];
  framesSent = 0;
}
