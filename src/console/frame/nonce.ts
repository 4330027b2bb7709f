import { setNonce } from 'get-nonce';

/** What allows style elements on this page; libraries that add some ask here. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// The scroll lock of dialogs asks there.
setNonce(nonce);
