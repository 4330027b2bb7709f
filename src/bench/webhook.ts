import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';

/** Where the bridge listens, and how it is spoken to. */
export interface Target {
  port: number;
  /** The address it is known by, which is signed. */
  publicUrl: string;
  accountSid: string;
  authToken: string;
  number: string;
}

/** Signs as Twilio does: the address and every field in order of its name, HMAC-SHA1. */
export function twilioSignature(authToken: string, url: string, form: Readonly<Record<string, string>> = {}): string {
  const fields = Object.keys(form)
    .sort()
    .map((name) => name + form[name]);
  return createHmac('sha1', authToken)
    .update(url + fields.join(''))
    .digest('base64');
}

/** Posts a signed webhook on a connection of its own; answers the body and how long it took. */
export function webhook(
  target: Target,
  path: string,
  form: Record<string, string>,
): Promise<{ status: number; text: string; tookMs: number }> {
  const { port, publicUrl, authToken } = target;
  const body = new URLSearchParams(form).toString();
  return new Promise((resolve, reject) => {
    const sentMs = performance.now();
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent: false,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'Content-Length': Buffer.byteLength(body),
          'X-Twilio-Signature': twilioSignature(authToken, publicUrl + path, form),
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: response.statusCode ?? 0, text, tookMs: performance.now() - sentMs });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** The form of a call as Twilio posts it. `From` names the call, so that the model stand-in knows it again. */
export function callForm(target: Target, callSid: string, index: number) {
  return {
    CallSid: callSid,
    AccountSid: target.accountSid,
    From: `client:bench-${index}`,
    To: target.number,
    CallStatus: 'ringing',
    ApiVersion: '2010-04-01',
    Direction: 'inbound',
  };
}
