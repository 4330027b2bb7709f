import { request as askPlainly } from 'node:http';
import { request as askEncrypted } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Clock } from '../clock.js';

/**
 * How long a connection may take, in ms. The system of a living machine accepts it at once, whatever its bridge does; of one
 * that is gone without a word nothing ever comes. A caller hears nothing meanwhile.
 */
const CONNECT_LIMIT_MS = 400;
/** The same for the answer. */
const ANSWER_LIMIT_MS = 2000;

export interface InstanceAnswer {
  status: number;
  type: string | undefined;
  words: string;
}

/** Posts a form to another instance. Rejects when it cannot be reached, is silent, or does not know what to answer. */
export function askInstance(
  url: string,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
  clock: Clock,
): Promise<InstanceAnswer> {
  return new Promise((resolve, reject) => {
    const body = form.toString();
    const post = url.startsWith('https:') ? askEncrypted : askPlainly;
    const request = post(url, {
      method: 'POST',
      // Each time a connection of its own: one that is left from before says nothing of whether anybody is there.
      agent: false,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
        ...headers,
      },
    });
    const giveUpAfter = (limitMs: number, what: string) =>
      clock.after(limitMs, () => request.destroy(new Error(`no ${what} in ${limitMs} ms`)));
    const cancelAnswer = giveUpAfter(ANSWER_LIMIT_MS, 'answer');
    const cancelConnect = giveUpAfter(CONNECT_LIMIT_MS, 'connection');
    const settled = () => {
      cancelAnswer();
      cancelConnect();
    };
    request.on('socket', (socket) => socket.once('connect', cancelConnect));
    request.on('close', settled);
    request.on('error', reject);
    request.on('response', (response) => {
      const status = response.statusCode ?? 500;
      text(response).then((words) => {
        settled();
        const isAnswer = status < 300 || (status >= 400 && status < 500);
        if (isAnswer) resolve({ status, type: response.headers['content-type'], words });
        else reject(new Error(`it answered ${status}`));
      }, reject);
    });
    request.end(body);
  });
}
