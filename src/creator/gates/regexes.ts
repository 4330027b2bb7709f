import type { Tell } from './findings.js';
import type { Origins } from './origins.js';
import { isText, type Program } from './program.js';
import type { Call, Expression, Node } from './python/tree.js';
import { worstSeconds } from './regex/growth.js';
import { RegexNotUnderstood, readRegex } from './regex/read.js';
import { runsAway } from './regex/runaway.js';

/** Functions of `re` that take a pattern first, and which argument says flags. */
const WITH_PATTERN: Readonly<Record<string, number>> = {
  ...{ compile: 1, match: 2, search: 2, fullmatch: 2, findall: 2, finditer: 2 },
  ...{ sub: 4, subn: 4, split: 3 },
};
/** On ten thousand characters: all other callers of the process wait so long. */
const MOST_SECONDS = 2;
/** What an escaped text of any kind stands for: it takes itself and nothing else. */
const ESCAPED = 'x';

/**
 * Regular expressions are literals that do not run away: a search in Python cannot be given up, and holds all callers of its
 * process. Texts that are put into them are escaped.
 */
export function checkRegexes(program: Program, origins: Origins, tell: Tell): void {
  const callees = new Set<Node>(program.nodes.flatMap((node) => (node.type === 'Call' ? [node.callee] : [])));
  for (const node of program.nodes) {
    if (node.type !== 'Call') {
      const isHandedOn = (node.type === 'Name' || node.type === 'Attribute') && !callees.has(node);
      if (isHandedOn && functionOf(node, program) !== undefined) {
        tell(
          'regex-not-literal',
          node.line,
          'Functions of re that take a pattern may be called only, with a literal one.',
        );
      }
      continue;
    }
    const name = functionOf(node.callee, program);
    if (name !== undefined) checkCall(name, node, program, origins, tell);
  }
}

function functionOf(callee: Expression, program: Program): string | undefined {
  const [module, name] = (program.imports.qualified(callee) ?? '').split('.');
  return module === 're' && name !== undefined && Object.hasOwn(WITH_PATTERN, name) ? name : undefined;
}

function checkCall(name: string, call: Call, program: Program, origins: Origins, tell: Tell): void {
  const pattern = call.arguments.find(({ name }) => name === 'pattern') ?? call.arguments[0];
  const patterns = pattern?.star === '' ? patternsOf(pattern.value, program, origins) : undefined;
  if (!patterns) {
    tell(
      'regex-not-literal',
      call.line,
      'The pattern has to be written out; put texts into it with re.escape(…) only.',
    );
    return;
  }
  const given = call.arguments.find((argument) => argument.name === 'flags') ?? call.arguments[WITH_PATTERN[name] ?? 0];
  const flags = given && given !== pattern ? flagsOf(origins.of(given.value), origins) : '';
  const ways = waysOf(name, call, program);
  for (const each of patterns) checkPattern(each, flags, ways, call.line, tell);
}

/** How a pattern is held against a text. A compiled one is searched for, and may have to match the whole. */
function waysOf(name: string, call: Call, program: Program): ('search' | 'match' | 'fullmatch')[] {
  if (name === 'match' || name === 'fullmatch') return [name];
  if (name !== 'compile') return ['search'];
  const isWhole = program.nodes.some((node) => node.type === 'Attribute' && node.name === 'fullmatch');
  return [isOnlyMatched(call, program) ? 'match' : 'search', ...(isWhole ? (['fullmatch'] as const) : [])];
}
/** `LINE = re.compile(…)`, of which only `LINE.match(…)` is used. */
function isOnlyMatched(call: Call, { nodes }: Program): boolean {
  const [target] = nodes.flatMap((node) => (node.type === 'Assign' && node.value === call ? node.targets : []));
  if (target?.type !== 'Name') return false;
  const isIt = (node: Node) => node.type === 'Name' && node.id === target.id;
  const matched = nodes.filter(
    (node) => node.type === 'Attribute' && ['match', 'fullmatch'].includes(node.name) && isIt(node.object),
  );
  return nodes.filter(isIt).length === matched.length + 1;
}

function checkPattern(
  pattern: string,
  flags: string,
  ways: readonly ('search' | 'match' | 'fullmatch')[],
  line: number,
  tell: Tell,
): void {
  try {
    const regex = readRegex(pattern, flags);
    if (!runsAway(regex)) {
      if (ways.every((how) => worstSeconds(regex, how) <= MOST_SECONDS)) return;
      tell(
        'regex-too-slow',
        line,
        'This pattern may take seconds for a long text: several repetitions take the same characters, or one within a search that begins anywhere. Begin it with ^, write [^,]* for .* before a comma, or bound what is repeated, as in (?: \\w+){0,5}.',
      );
      return;
    }
    tell(
      'regex-runs-away',
      line,
      'This pattern may take a time that doubles with every character: one repetition within another takes the same text. Make them differ.',
    );
  } catch (error) {
    if (!(error instanceof RegexNotUnderstood)) throw error;
    tell('regex-not-understood', line, `This pattern is not understood: ${error.message}. Write it more simply.`);
  }
}

/** The letters of those flags that change how a pattern is read. */
function flagsOf(given: readonly Expression[], origins: Origins): string {
  const names = given.flatMap((value) =>
    value.type === 'Operation' ? value.operands.flatMap((operand) => origins.of(operand)) : [value],
  );
  return names
    .map((each) => FLAGS[each.type === 'Attribute' ? each.name : each.type === 'Name' ? each.id : ''] ?? '')
    .join('');
}
const FLAGS: Readonly<Record<string, string>> = {
  ...{ I: 'i', IGNORECASE: 'i', X: 'x', VERBOSE: 'x' },
  ...{ M: 'm', MULTILINE: 'm', S: 's', DOTALL: 's' },
};

/** All patterns that an expression may be; undefined when they cannot be told. */
function patternsOf(expression: Expression, program: Program, origins: Origins): string[] | undefined {
  const all = origins.of(expression).map((origin) => patternOf(origin, program, origins));
  return all.includes(undefined) ? undefined : all.flatMap((each) => each ?? []);
}

function patternOf(origin: Expression, program: Program, origins: Origins): string[] | undefined {
  const joined = (parts: readonly Expression[]) =>
    parts.reduce<string[] | undefined>(
      (before, part) => {
        const next = patternsOf(part, program, origins);
        // Of many, that many: not every combination.
        return (
          before &&
          next &&
          [before.length > 1 ? before.join('|') : (before[0] ?? '')].flatMap((one) => next.map((other) => one + other))
        );
      },
      [''],
    );
  if (origin.type === 'Constant') return origin.kind === 'str' || origin.kind === 'bytes' ? [origin.text] : undefined;
  if (origin.type === 'FString') {
    return joined(origin.parts.map((part) => (part.type === 'Constant' ? part : part.value)));
  }
  if (origin.type === 'Operation')
    return origin.joints.every((joint) => joint === '+') ? joined(origin.operands) : undefined;
  if (origin.type !== 'Call') return undefined;
  const qualified = program.imports.qualified(origin.callee);
  if (qualified === 're.escape') return [ESCAPED];
  // It is checked where it is made.
  if (qualified === 're.compile') return [];
  const { callee, arguments: given } = origin;
  if (callee.type !== 'Attribute' || callee.name !== 'join' || !isText(callee.object) || !given[0]) return undefined;
  const items = itemsOf(given[0].value, program, origins);
  return items && [items.join(callee.object.text)];
}

/** What `join` puts together: escaped texts, or literals. */
function itemsOf(value: Expression, program: Program, origins: Origins): string[] | undefined {
  if (value.type === 'Comprehension') {
    const [element] = value.elements;
    return element && patternsOf(element, program, origins);
  }
  const escapes =
    value.type === 'Call' && value.callee.type === 'Name' && value.callee.id === 'map'
      ? value.arguments[0]?.value
      : undefined;
  if (escapes) return program.imports.qualified(escapes) === 're.escape' ? [ESCAPED] : undefined;
  const lists = origins.of(value).map((list) => (list.type === 'Sequence' ? list.items : undefined));
  const items = lists.flatMap((list) => list ?? []).map((item) => patternsOf(item, program, origins));
  return lists.includes(undefined) || items.includes(undefined) ? undefined : items.flatMap((each) => each ?? []);
}
