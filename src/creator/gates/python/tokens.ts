/** A word of the program. `kind` is `name`, `number`, `text`, `f-start`, `f-middle`, `f-end`, `newline`, `indent`, `dedent`, `end` or, for operators and keywords, the word itself. */
export interface Token {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
}

const KINDS: Readonly<Record<string, string>> = {
  Identifier: 'name',
  Int: 'number',
  Float: 'number',
  Complex: 'number',
  String: 'text',
  FStringStart: 'f-start',
  FStringMiddle: 'f-middle',
  FStringEnd: 'f-end',
  Newline: 'newline',
  Indent: 'indent',
  Dedent: 'dedent',
};
const REFUSED = new Set(['Unknown', 'TStringStart', 'TStringMiddle', 'TStringEnd', 'IpyEscapeCommand', 'Question']);
/** Something that the reader does not know: the program is refused, whatever it was. */
export class NotUnderstood extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** Reads what ruff prints of its tokens. Comments and line breaks within brackets are left out; `withoutComments` has blanks for them. */
export function readTokens(program: string, printed: string): { tokens: Token[]; withoutComments: string } {
  const bytes = Buffer.from(program, 'utf8');
  const isAscii = bytes.length === program.length;
  const blanked = Buffer.from(bytes);
  const tokens: Token[] = [];
  let line = 1;
  let seen = 0;
  for (const row of printed.split('\n')) {
    if (row === '[' || row === ']' || row === '[]') continue;
    const { kind, from, to } = rowOf(row, line);
    for (; seen < from; seen++) if (bytes[seen] === 0x0a) line++;
    if (REFUSED.has(kind)) throw new NotUnderstood('This is not understood.', line);
    if (kind === 'Comment') blanked.fill(0x20, from + 1, to);
    if (kind === 'Comment' || kind === 'NonLogicalNewline') continue;
    const text = isAscii ? program.slice(from, to) : bytes.toString('utf8', from, to);
    tokens.push({ kind: KINDS[kind] ?? text, text, line });
  }
  tokens.push({ kind: 'end', text: '', line });
  return { tokens, withoutComments: blanked.toString('utf8') };
}

/** `    Identifier 7..9,` or `    String 0..3 (flags = …),`: kind and range in bytes. */
const ROW = /^ *(\S+) (\d+)\.\.(\d+)/;

function rowOf(row: string, line: number): { kind: string; from: number; to: number } {
  const [, kind = '', from, to] = ROW.exec(row) ?? [];
  const answer = { kind, from: Number(from), to: Number(to) };
  if (!(answer.to >= answer.from)) throw new NotUnderstood('This is not understood.', line);
  return answer;
}
