import { HttpRequest } from '@smithy/core/protocols';
import type { NodeHttpHandler } from '@smithy/node-http-handler';

export interface PostAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends one POST request without a signature. Redirects are answers: a token goes where it was meant to go. */
export async function post(
  handler: NodeHttpHandler,
  url: URL,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
): Promise<PostAnswer> {
  const { protocol, hostname, port, pathname, searchParams } = url;
  const body = Buffer.from(message.body);
  const request = new HttpRequest({
    method: 'POST',
    protocol,
    hostname,
    ...(port !== '' && { port: Number(port) }),
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { ...message.headers, 'content-length': String(body.byteLength) },
    body,
  });
  const { response } = await handler.handle(request, { abortSignal: signal });
  return { status: response.statusCode, headers: response.headers, body: response.body as AsyncIterable<Uint8Array> };
}
