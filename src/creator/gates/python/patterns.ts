import type { ExpressionReader } from './expressions.js';
import type { Expression, Pattern, PatternKeyword } from './tree.js';

/** Reads what follows `case`. */
export function readPatterns(reader: ExpressionReader): Pattern {
  const { line } = reader.token;
  const first = asPattern(reader);
  if (!reader.is(',')) return first;
  const patterns = [first];
  while (reader.take(',')) {
    if (reader.is(':', 'if')) break;
    patterns.push(asPattern(reader));
  }
  return { type: 'PatternGroup', kind: 'sequence', patterns, line };
}

function asPattern(reader: ExpressionReader): Pattern {
  return reader.deeper(() => {
    const { line } = reader.token;
    if (reader.take('*')) return capture(reader);
    const patterns = [closed(reader)];
    while (reader.take('|')) patterns.push(closed(reader));
    const [only] = patterns;
    const pattern: Pattern =
      only && patterns.length === 1 ? only : { type: 'PatternGroup', kind: 'or', patterns, line };
    return reader.take('as') ? { type: 'Capture', name: reader.need('name').text, pattern, line } : pattern;
  });
}

function capture(reader: ExpressionReader): Pattern {
  const { text, line } = reader.need('name');
  return { type: 'Capture', name: text === '_' ? null : text, pattern: null, line };
}

function closed(reader: ExpressionReader): Pattern {
  const { line } = reader.token;
  if (reader.is('(', '[')) return group(reader, reader.next().kind === '(' ? ')' : ']', line);
  if (reader.take('{')) return mapping(reader, line);
  if (!reader.is('name')) return { type: 'ValuePattern', value: constant(reader), line };
  if (!['.', '('].includes(reader.ahead(1).kind)) return capture(reader);
  const value = dotted(reader);
  return reader.take('(') ? classPattern(reader, value, line) : { type: 'ValuePattern', value, line };
}

function group(reader: ExpressionReader, closing: string, line: number): Pattern {
  const patterns: Pattern[] = [];
  while (!reader.take(closing)) {
    patterns.push(asPattern(reader));
    if (!reader.is(closing)) reader.need(',');
  }
  return { type: 'PatternGroup', kind: 'sequence', patterns, line };
}

function mapping(reader: ExpressionReader, line: number): Pattern {
  const keys: Expression[] = [];
  const patterns: Pattern[] = [];
  while (!reader.take('}')) {
    if (reader.take('**')) {
      patterns.push(capture(reader));
    } else {
      keys.push(reader.is('name') ? dotted(reader) : constant(reader));
      reader.need(':');
      patterns.push(asPattern(reader));
    }
    if (!reader.is('}')) reader.need(',');
  }
  return { type: 'MappingPattern', keys, patterns, line };
}

function classPattern(reader: ExpressionReader, of: Expression, line: number): Pattern {
  const patterns: Pattern[] = [];
  const keywords: PatternKeyword[] = [];
  while (!reader.take(')')) {
    if (reader.is('name') && reader.ahead(1).kind === '=') {
      const name = reader.next();
      reader.next();
      keywords.push({ type: 'PatternKeyword', name: name.text, pattern: asPattern(reader), line: name.line });
    } else {
      patterns.push(asPattern(reader));
    }
    if (!reader.is(')')) reader.need(',');
  }
  return { type: 'ClassPattern', class: of, patterns, keywords, line };
}

function dotted(reader: ExpressionReader): Expression {
  const { text, line } = reader.need('name');
  let whole: Expression = { type: 'Name', id: text, line };
  while (reader.take('.')) whole = { type: 'Attribute', object: whole, name: reader.need('name').text, line };
  return whole;
}

/** A number with its sign, perhaps complex; or text, None, True, False. */
function constant(reader: ExpressionReader): Expression {
  const { line } = reader.token;
  const operators: string[] = [];
  while (reader.is('-', '+')) operators.push(reader.next().text);
  const joints: string[] = [];
  const operands = [reader.primary()];
  while (reader.is('-', '+')) {
    joints.push(reader.next().text);
    operands.push(reader.primary());
  }
  operators.push(...joints);
  const [only] = operands;
  return only && operators.length === 0 ? only : { type: 'Operation', operators, joints, operands, line };
}
