type Attributes = Readonly<Record<string, string>>;
type Method = 'GET' | 'POST';

/** `<Stream>` inside `<Connect>`, as written: `checkStream` says whether Twilio would open it. */
export interface StreamNoun {
  url: string;
  parameters: readonly { name: string; value: string }[];
  attributes: Attributes;
}

/** One TwiML instruction. URLs are as written; times in ms. Source: Twilio, TwiML for Programmable Voice. */
export type Verb =
  | { verb: 'Say'; text: string; times: number; attributes: Attributes }
  | { verb: 'Play'; url: string; times: number; attributes: Attributes }
  | { verb: 'Pause'; forMs: number; attributes: Attributes }
  | {
      verb: 'Gather';
      prompts: readonly Verb[];
      action?: string;
      method: Method;
      timeoutMs: number;
      finishOnKey: string;
      keyCount: number;
      attributes: Attributes;
    }
  | { verb: 'Dial'; targets: readonly DialTarget[]; action?: string; method: Method; attributes: Attributes }
  | { verb: 'Connect'; stream: StreamNoun; action?: string; method: Method; attributes: Attributes }
  | { verb: 'Start'; nouns: readonly { name: string; attributes: Attributes }[]; attributes: Attributes }
  | { verb: 'Record'; action?: string; method: Method; maxMs: number; attributes: Attributes }
  | { verb: 'Redirect'; url: string; method: Method; attributes: Attributes }
  | { verb: 'Refer'; to: string; action?: string; method: Method; attributes: Attributes }
  | { verb: 'Reject'; attributes: Attributes }
  | { verb: 'Hangup'; attributes: Attributes };

export interface DialTarget {
  /** Number, Conference, Sip, Client or Queue. */
  kind: string;
  to: string;
  attributes: Attributes;
}

export interface TwimlDocument {
  xml: string;
  /** Where it came from: relative URLs in it count from here. */
  url: string;
  verbs: readonly Verb[];
}
