/**
 * The bytes of a base64 text, or undefined when it is none. Node leaves out foreign characters silently, which shows in
 * the length: that check is cheaper than looking at every character.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const length = text.length - padding;
  return length % 4 !== 1 && bytes.length === Math.floor((length * 3) / 4) ? bytes : undefined;
}
