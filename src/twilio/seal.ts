import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** What a sealed text is for: one that was made for something else does not open. */
export type SealPurpose = 'call-note' | 'taken-call';

/** Texts of the bridge for itself that pass through other hands: whoever has them may read, but not make or change them. */
export interface Seal {
  /** Fits into the query of an address. */
  seal(purpose: SealPurpose, contents: unknown): string;
  /** The contents; undefined when it was not sealed by an instance of this bridge, for this purpose. */
  open(purpose: SealPurpose, sealed: string): unknown;
}

export function createSeal(secret: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'oratio instances', 32));
  const sign = (purpose: SealPurpose, body: string) => createHmac('sha256', key).update(`${purpose}.${body}`).digest();
  return {
    seal(purpose, contents) {
      const body = Buffer.from(JSON.stringify(contents)).toString('base64url');
      return `${body}.${sign(purpose, body).toString('base64url')}`;
    },

    open(purpose, sealed) {
      const [body = '', signature = '', ...rest] = sealed.split('.');
      const given = Buffer.from(signature, 'base64url');
      const right = sign(purpose, body);
      if (rest.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      return JSON.parse(Buffer.from(body, 'base64url').toString());
    },
  };
}
