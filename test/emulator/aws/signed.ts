import { createHmac } from 'node:crypto';
import type { AwsServer } from '../../../src/emulator/aws/server.js';
import { canonicalRequest, sha256, signingKey } from '../../../src/emulator/aws/signature.js';

const DATE = '20260102T030405Z';

/** Headers of a request that is signed by hand: for clients that no SDK would be. `changes` are made before signing. */
export function signedHeaders(
  server: Pick<AwsServer, 'url' | 'region' | 'credentials'>,
  service: string,
  request: { method: string; path: string; body?: string },
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { method, path, body = '' } = request;
  const hash = sha256(body);
  const headers: Record<string, string> = {
    host: new URL(server.url).host,
    'x-amz-content-sha256': hash,
    'x-amz-date': DATE,
    ...changes,
  };
  const names = Object.keys(headers).sort();
  const day = DATE.slice(0, 8);
  const scope = `${day}/${server.region}/${service}/aws4_request`;
  const canonical = canonicalRequest(
    { method, path, headers },
    names,
    headers['x-amz-content-sha256'] ?? hash,
    service,
  );
  const key = signingKey(server.credentials.secretAccessKey, day, server.region, service);
  const signature = createHmac('sha256', key)
    .update(`AWS4-HMAC-SHA256\n${DATE}\n${scope}\n${sha256(canonical)}`)
    .digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${server.credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}
