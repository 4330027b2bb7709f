import type { Tell } from './findings.js';
import { isText } from './program.js';
import type { Expression, Node } from './python/tree.js';

const KEYS: readonly RegExp[] = [
  /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b/,
  /\bsk-[A-Za-z0-9_-]{16,}/,
  /-----BEGIN [A-Z ]+-----/,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\bAIza[A-Za-z0-9_-]{35}/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /\bSK[0-9a-f]{32}\b/,
  /:\/\/[^/\s:@"'{}]+:[^/\s:@"'{}]+@/,
];
const NAMED = /(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)/i;
const IN_TEXT = /(?:password|passwd|secret|token|api[_-]?key|access[_-]?key)["']?\s*[:=]\s*["']?([^\s"',;{}]{16,})/i;

/** Long, without blanks, and of several sorts of characters: no word that anybody would say. */
const looksRandom = (text: string): boolean =>
  /^[A-Za-z0-9+/=_.-]{16,}$/.test(text) && /\d/.test(text) && /[A-Za-z]/.test(text) && new Set(text).size >= 10;

/** Keys, tokens and passwords: in texts and comments by their form, in values by the name that they get. */
export function checkSecrets(source: string, nodes: readonly Node[], tell: Tell): void {
  const told = (line: number) =>
    tell(
      'secret-in-code',
      line,
      'This looks like a key, a token or a password. Credentials come from the role that the agent runs with.',
    );
  source.split('\n').forEach((text, index) => {
    if (KEYS.some((key) => key.test(text)) || looksRandom(IN_TEXT.exec(text)?.[1] ?? '')) told(index + 1);
  });
  for (const node of nodes) {
    if (isText(node) && KEYS.some((key) => key.test(node.text))) told(node.line);
    for (const [name, value] of namedValues(node)) {
      if (NAMED.test(name) && isText(value) && looksRandom(value.text)) told(value.line);
    }
  }
}

function namedValues(node: Node): [string, Expression | null][] {
  switch (node.type) {
    case 'Assign':
      return node.targets.map((target) => [nameOf(target), node.value]);
    case 'AnnotatedAssign':
      return [[nameOf(node.target), node.value]];
    case 'Argument':
      return [[node.name ?? '', node.value]];
    case 'Parameter':
      return [[node.name, node.default]];
    case 'DictEntry':
      return [[isText(node.key) ? node.key.text : '', node.value]];
    default:
      return [];
  }
}
const nameOf = (target: Expression): string =>
  target.type === 'Name' ? target.id : target.type === 'Attribute' ? target.name : '';
