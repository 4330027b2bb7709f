import type { Tell } from './findings.js';

const MAX_BYTES = 100_000;
/** Words and signs: what a hundred thousand bytes of ordinary code have. */
const MAX_WORDS = 30_000;
const MAX_NESTING = 100;
/** What follows one another without a comma, in all brackets that are open. Readers of Python that go down into each break at a thousand. */
const MAX_CHAIN = 500;
const MAX_INDENT = 120;
/** PEP 263, in either of the first two lines. */
const CODING = /^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f]/;
/** They make a line read differently from what Python reads. */
const INVISIBLE = /[\u{FEFF}\u{202A}-\u{202E}\u{2066}-\u{2069}\u{2028}\u{2029}\u{E0000}-\u{E007F}]/u;
const SURROGATE = /\p{Surrogate}/u;
const FENCE = /^\s{0,3}(```|~~~)/;

/** What can be said of the text without reading it as Python. Nothing else may look at a text that has findings here. */
export function checkForm(program: string, tell: Tell): void {
  if (Buffer.byteLength(program, 'utf8') > MAX_BYTES) {
    tell('file-too-long', null, `agent.py has more than ${MAX_BYTES} bytes. Keep long texts out of the program.`);
    return;
  }
  if ((program.match(/\w+|[^\w\s]/g)?.length ?? 0) > MAX_WORDS) {
    tell('file-too-long', null, `agent.py has more than ${MAX_WORDS} words and signs. Make it shorter.`);
    return;
  }
  if (program.trim() === '') tell('file-empty', null, 'agent.py is empty.');
  const lines = program.split('\n').map((line) => line.replace(/\r$/, ''));
  lines.forEach((text, index) => {
    const line = index + 1;
    if (CONTROLS.test(text) || text.includes('\r')) {
      tell(
        'control-character',
        line,
        'There is a control character in this line. Write it as an escape such as "\\x1b".',
      );
    }
    if (INVISIBLE.test(text)) {
      tell(
        'control-character',
        line,
        'There is an invisible direction or separator character in this line. Remove it.',
      );
    }
    if (SURROGATE.test(text)) tell('not-utf8', line, 'There is half a surrogate pair in this line: it is not UTF-8.');
    if (FENCE.test(text)) {
      tell('markdown-fence', line, 'There is a Markdown fence in this line. Give the program alone.');
    }
    if (/^ *\t/.test(text)) tell('tab-indentation', line, 'This line is indented with tabs. Use four spaces.');
    if (text.length - text.trimStart().length > MAX_INDENT) {
      tell('nesting-too-deep', line, 'This line is indented too far.');
    }
  });
  for (const [index, text] of lines.slice(0, 2).entries()) {
    const coding = CODING.exec(text)?.[1];
    if (coding !== undefined && !/^utf-?8$/i.test(coding)) {
      tell('coding-cookie', index + 1, `The program is UTF-8; remove the declaration of "${coding}".`);
    }
  }
  if (nestingOf(program) > MAX_NESTING) tell('nesting-too-deep', null, 'Brackets are nested too deeply.');
  else if (chainOf(program) > MAX_CHAIN) tell('nesting-too-deep', null, 'An expression goes on for too long.');
}

/** Counts brackets in texts too: an upper bound of honest programs, before anything recursive reads them. */
function nestingOf(program: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of program) {
    if ('([{'.includes(character)) deepest = Math.max(deepest, ++depth);
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1);
  }
  return deepest;
}

const LINK = /\b(?:not|lambda|else|await|yield)\b|[-+*/%@&|^~<>.]|[([{]|[)\]}]|[,=;\n]/g;

/** The longest chain of operators, attributes, calls and indexes; counted in texts too. */
function chainOf(program: string): number {
  let longest = 0;
  let sum = 0;
  let here = 0;
  const outside: number[] = [];
  for (const [link] of program.matchAll(LINK)) {
    if (')]}'.includes(link)) {
      const before = outside.pop();
      if (before === undefined) continue;
      sum -= here;
      here = before;
    } else if (',=;'.includes(link) || (link === '\n' && outside.length === 0)) {
      sum -= here;
      here = 0;
    } else if (link !== '\n') {
      sum++;
      here++;
      if ('([{'.includes(link)) {
        outside.push(here);
        here = 0;
      }
      longest = Math.max(longest, sum);
    }
  }
  return longest;
}
