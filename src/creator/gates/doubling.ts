import { type Expression, type FunctionDef, type Node, within } from './python/tree.js';

/** A value that is made of another one, and whether of that twice. */
interface Made {
  readonly of: string;
  readonly to: string;
  readonly isDoubled: boolean;
}

/**
 * Where a loop, or a function that calls itself, makes a value of twice itself, also by way of other names: `text = f"{text}{text}"`,
 * `pair = [rows, rows]; rows = pair[0] + pair[1]`. Forty rounds of that fill any memory.
 */
export function growingIn(node: Node): number | undefined {
  if (node.type === 'FunctionDef') return growingCall(node);
  if (node.type !== 'For' && node.type !== 'While') return undefined;
  const all = node.body.flatMap(within);
  const made = all.flatMap((each) => madeBy(each));
  const doubled = made.find((each) => each.isDoubled && leadsTo(each.to, each.of, made));
  return doubled || all.some(multiplies) ? node.line : undefined;
}

/** `return dig(text + text)` within `dig`. */
function growingCall({ name, body, parameters }: FunctionDef): number | undefined {
  const own = new Set(parameters.map((parameter) => parameter.name));
  const call = body
    .flatMap(within)
    .find(
      (node) =>
        node.type === 'Call' &&
        node.callee.type === 'Name' &&
        node.callee.id === name &&
        node.arguments.some(({ value }) => within(value).some((each) => twiceIn(each).some((twice) => own.has(twice)))),
    );
  return call?.line;
}

function madeBy(node: Node): Made[] {
  if (node.type !== 'Assign' && node.type !== 'Walrus') return [];
  const to =
    node.type === 'Walrus'
      ? [node.name]
      : node.targets.flatMap((target) => (target.type === 'Name' ? [target.id] : []));
  const parts = within(node.value);
  const twice = new Set(parts.flatMap(twiceIn));
  const names = new Set(parts.flatMap((part) => (part.type === 'Name' ? [part.id] : [])));
  return to.flatMap((name) => [...names].map((of) => ({ of, to: name, isDoubled: twice.has(of) })));
}
function leadsTo(from: string, to: string, made: readonly Made[]): boolean {
  const seen = new Set([from]);
  for (const name of seen) for (const each of made) if (each.of === name) seen.add(each.to);
  return seen.has(to);
}

/** Names of which a text, a list or a sum takes the whole more than once. */
function twiceIn(node: Node): string[] {
  const names = partsOf(node).flatMap((part) => {
    const whole = part.type === 'Starred' ? part.value : part;
    return whole.type === 'Name' ? [whole.id] : [];
  });
  return names.filter((name, index) => names.indexOf(name) !== index);
}
function partsOf(node: Node): readonly Expression[] {
  switch (node.type) {
    case 'FString':
      return node.parts.flatMap((part) => (part.type === 'Interpolation' ? [part.value] : []));
    case 'Sequence':
      return node.items;
    case 'Operation':
      return node.joints.length > 0 && node.joints.every((joint) => joint === '+') ? node.operands : [];
    case 'Call': {
      const { callee, arguments: given } = node;
      const object = callee.type === 'Attribute' && ['join', 'replace'].includes(callee.name) ? [callee.object] : [];
      const isText = callee.type === 'Attribute' && ['join', 'replace', 'format'].includes(callee.name);
      return isText ? [...object, ...given.map(({ value }) => value)] : [];
    }
    default:
      return [];
  }
}

/** `text = text.replace("a", "aa")`: what is put in is found again the next time. */
function multiplies(node: Node): boolean {
  if (node.type !== 'Assign' || node.value.type !== 'Call' || node.value.callee.type !== 'Attribute') return false;
  const { callee, arguments: given } = node.value;
  const [target] = node.targets;
  const [from, to] = given.map(({ value }) => (value.type === 'Constant' ? value.text : undefined));
  return (
    callee.name === 'replace' &&
    target?.type === 'Name' &&
    callee.object.type === 'Name' &&
    callee.object.id === target.id &&
    from !== undefined &&
    to !== undefined &&
    to.length > from.length &&
    to.includes(from)
  );
}
