import { isText, type Program } from './program.js';
import { NAMED_CHARACTER } from './python/literals.js';
import type { Expression } from './python/tree.js';

const FIELD = /\{(?:\d*|[A-Za-z][A-Za-z0-9_]*)(?:![rsa])?(?::(?:[^{}]|\{(?:\d*|[A-Za-z][A-Za-z0-9_]*)\})*)?\}/y;

/** Whether the template of `template.format(…)` is known, and asks nothing of its arguments: `{0.__class__}` is a way to everything. */
export function isPlainTemplate(template: Expression, program: Program): boolean {
  if (isText(template)) return hasPlainFields(template.text);
  if (template.type !== 'Name' || program.names.homeOf(template) !== 'module') return false;
  const value = program.valueOf(template.id);
  return isText(value) && hasPlainFields(value.text);
}

function hasPlainFields(text: string): boolean {
  if (text.includes(NAMED_CHARACTER)) return false;
  for (let at = 0; at < text.length; at++) {
    const pair = text.slice(at, at + 2);
    if (pair === '{{' || pair === '}}') {
      at++;
    } else if (text[at] === '{') {
      FIELD.lastIndex = at;
      const field = FIELD.exec(text)?.[0];
      if (field === undefined) return false;
      at += field.length - 1;
    }
  }
  return true;
}
