import type { Trouble } from './check.js';

/** The code of what failed below HTTP, however deep it is wrapped; undefined when nothing of it has one. */
export function networkCodeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined;
  const { code, errors, cause, details } = error as Record<string, unknown>;
  if (typeof code === 'string' && (ADVICE.has(code) || TLS.test(code))) return code;
  const reason = typeof details === 'object' && details !== null ? (details as { reason?: unknown }).reason : undefined;
  if (typeof reason === 'string' && (ADVICE.has(reason) || TLS.test(reason))) return reason;
  const inner = [...(Array.isArray(errors) ? (errors as unknown[]) : []), cause];
  return inner.map((each) => networkCodeOf(each, depth + 1)).find((each) => each !== undefined);
}

/** Trouble of the network with its advice; undefined when the error is of another kind. */
export function networkTrouble(error: unknown, host: string): Trouble | undefined {
  const code = networkCodeOf(error);
  if (code === undefined) return undefined;
  const [words, advice] = ADVICE.get(code) ?? tlsWords(code);
  return { state: 'failed', says: `${host} ${words} (${code})`, advice };
}

type Words = readonly [words: string, advice: string];

const NO_NAME: Words = [
  'has no address',
  "Check the spelling of the name (or of the region in it) and this machine's DNS.",
];
const NO_ANSWER: Words = [
  'gives no answer',
  'A firewall, a security group or a missing route swallows the packets: outbound traffic to it must be allowed.',
];
const CUT: Words = [
  'cut the connection',
  'A proxy or firewall on the way cuts it, or the port speaks another protocol. Try it with curl -v from this machine.',
];

const ADVICE: ReadonlyMap<string, Words> = new Map([
  ['ENOTFOUND', NO_NAME],
  ['EAI_AGAIN', NO_NAME],
  ['ENODATA', NO_NAME],
  [
    'ECONNREFUSED',
    ['refuses the connection', 'Nothing listens there: start it, or correct host and port in its address.'],
  ],
  ['ETIMEDOUT', NO_ANSWER],
  ['ECONNABORTED', NO_ANSWER],
  ['EHOSTUNREACH', NO_ANSWER],
  ['ENETUNREACH', NO_ANSWER],
  ['ECONNRESET', CUT],
  ['EPIPE', CUT],
  ['ERR_HTTP2_ERROR', CUT],
  ['ERR_HTTP2_STREAM_ERROR', CUT],
  ['ERR_HTTP2_SESSION_ERROR', CUT],
  ['HPE_INVALID_CONSTANT', CUT],
]);

/** Codes of OpenSSL and of Node's TLS. */
const TLS = /CERT|^UNABLE_TO_|^EPROTO$|^ERR_SSL_|^ERR_TLS_|^HOSTNAME_MISMATCH$/;

function tlsWords(code: string): Words {
  if (code === 'CERT_HAS_EXPIRED') {
    return ['has a certificate that has expired', 'Renew the certificate, or put the clock of this machine right.'];
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return ['has a certificate that is not valid yet', 'Put the clock of this machine right.'];
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return ['has a certificate for another name', 'Get a certificate for exactly this name, or correct the address.'];
  }
  if (/SELF_SIGNED|UNABLE_TO_|ISSUER|UNTRUSTED/.test(code)) {
    return [
      'has a certificate that nobody here vouches for',
      'Send the whole chain of a public authority. If a proxy of your own opens TLS on the way, let Node trust it: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
    ];
  }
  return [
    'does not speak TLS as expected',
    'Is it https at all, on this port? Try it with openssl s_client -connect host:port.',
  ];
}
