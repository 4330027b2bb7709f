const SIMPLE: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const ESCAPE = /\\(\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[\s\S])/g;
/** Stands for a character that is given by its Unicode name, which nothing here looks up. */
export const NAMED_CHARACTER = '\u{FFFD}';

/** What Python makes of the escapes. */
export function unescaped(text: string): string {
  return text.replace(ESCAPE, (whole, what: string) => {
    if (what === '\r\n') return '';
    if (/^[0-7]/.test(what)) return String.fromCodePoint(Number.parseInt(what, 8));
    if (/^[xuU]./.test(what)) {
      const point = Number.parseInt(what.slice(1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : NAMED_CHARACTER;
    }
    if (what.startsWith('N{')) return NAMED_CHARACTER;
    return SIMPLE[what] ?? whole;
  });
}

/** A whole literal with its prefix and quotes. */
export function literal(source: string): { kind: 'str' | 'bytes'; text: string } {
  const [, prefix = '', quote = ''] = /^([A-Za-z]*)("""|'''|"|')/.exec(source) ?? [];
  const inside = source.slice(prefix.length + quote.length, -quote.length);
  return { kind: /b/i.test(prefix) ? 'bytes' : 'str', text: /r/i.test(prefix) ? inside : unescaped(inside) };
}
