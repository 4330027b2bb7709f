import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  key: string;
  cert: string;
}

/** A certificate that vouches for itself (and may sign others: whoever trusts it, trusts it), for hosts and addresses. */
export function selfSigned(options: { name: string; address?: string; fromMs: number; untilMs: number }): Certificate {
  const { name, address, fromMs, untilMs } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const who = sequence(set(sequence(oid(2, 5, 4, 3), node(0x0c, Buffer.from(name)))));
  const names = [node(0x82, Buffer.from(name))];
  if (address) names.push(node(0x87, Buffer.from(address.split('.').map(Number))));
  const extensions = sequence(
    sequence(oid(2, 5, 29, 19), node(0x01, Buffer.from([0xff])), octets(sequence(node(0x01, Buffer.from([0xff]))))),
    sequence(oid(2, 5, 29, 17), octets(sequence(...names))),
  );
  const serial = createHash('sha256').update(spki).digest().subarray(0, 8);
  serial[0] = (serial[0]! & 0x7f) | 0x01;
  const body = sequence(
    node(0xa0, node(0x02, Buffer.from([2]))),
    node(0x02, serial),
    ECDSA_SHA256,
    who,
    sequence(moment(fromMs), moment(untilMs)),
    who,
    spki,
    node(0xa3, extensions),
  );
  return { key: pem('PRIVATE KEY', pkcs8(privateKey)), cert: pem('CERTIFICATE', signed(body, privateKey)) };
}

function signed(body: Buffer, key: KeyObject): Buffer {
  return sequence(body, ECDSA_SHA256, node(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, key)])));
}

function pkcs8(key: KeyObject): Buffer {
  return key.export({ type: 'pkcs8', format: 'der' });
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** One value in DER. */
function node(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return node(0x30, Buffer.concat(parts));
}

function set(...parts: Buffer[]): Buffer {
  return node(0x31, Buffer.concat(parts));
}

function octets(content: Buffer): Buffer {
  return node(0x04, content);
}

/** GeneralizedTime. */
function moment(ms: number): Buffer {
  const digits = new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return node(0x18, Buffer.from(`${digits}Z`));
}

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return node(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

const ECDSA_SHA256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
