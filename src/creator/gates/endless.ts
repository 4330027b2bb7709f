import { breaks } from './contract.js';
import type { Estimates } from './estimates.js';
import type { Tell } from './findings.js';
import type { Program } from './program.js';
import { childrenOf, type Expression, type For, type Node, type While, within } from './python/tree.js';

/** Calls after which a loop goes on as before, whatever they are given. */
const TELLING = new Set(['print', 'debug', 'info', 'warning', 'error', 'log', 'append', 'str', 'len']);

/**
 * Loops that nothing ends: `while True:`, a test that the loop never changes, iterators without an end. The caller hears silence
 * until the session is taken down. Within a `try` an exception may be the way out, as it is with iterators.
 */
export function checkEndless({ nodes }: Program, estimates: Estimates, tell: Tell): void {
  const tried = new Set(nodes.flatMap((node) => (node.type === 'Try' ? node.body.flatMap(within) : [])));
  const declared = new Set(nodes.flatMap((node) => (node.type === 'Scoping' ? node.names : [])));
  const isEndless = (node: Node): boolean => {
    if (node.type === 'For') return estimates.of(node.iterable).length === Infinity;
    return node.type === 'While' && (isFixed(node.test) || isUnmoved(node, declared));
  };
  for (const node of nodes) {
    if (node.type === 'For' && isFed(node) && !node.body.some(breaks) && !node.body.some(leaves)) {
      tell(
        'endless-loop',
        node.line,
        'This puts into what it goes through, which may never end: go through a copy, list(…).',
      );
    }
    if ((node.type !== 'While' && node.type !== 'For') || !isEndless(node)) continue;
    if (node.body.some(breaks) || node.body.some(leaves)) continue;
    if (tried.has(node) && node.body.flatMap(within).some(mayRaise)) continue;
    tell('endless-loop', node.line, 'Nothing ends this loop: leave it with break or return.');
  }
}

/** `for row in rows: rows.append(row)` */
function isFed({ iterable, body }: For): boolean {
  return (
    iterable.type === 'Name' &&
    body
      .flatMap(within)
      .some(
        (node) =>
          node.type === 'Call' &&
          node.callee.type === 'Attribute' &&
          ['append', 'extend', 'insert'].includes(node.callee.name) &&
          node.callee.object.type === 'Name' &&
          node.callee.object.id === iterable.id,
      )
  );
}

/** A test that asks nothing: `1`, `not False`, `"x" == "x"`. What is false is never gone into. */
function isFixed(test: Expression): boolean {
  if (test.type === 'Constant' && (['False', 'None'].includes(test.kind) || test.text === '0')) return false;
  return within(test).every(({ type }) => type === 'Operation' || type === 'Sequence' || type === 'Constant');
}

/** A test of variables that keep their values in the loop, and belong to nobody else. */
function isUnmoved({ test, body }: While, declared: ReadonlySet<string>): boolean {
  const asked = within(test);
  if (!asked.every(({ type }) => type === 'Operation' || type === 'Name' || type === 'Constant')) return false;
  const names = new Set(asked.flatMap((node) => (node.type === 'Name' ? [node.id] : [])));
  if ([...names].some((name) => declared.has(name))) return false;
  return !body.flatMap(within).some((node) => changes(node, names));
}
function changes(node: Node, names: ReadonlySet<string>): boolean {
  switch (node.type) {
    case 'Assign':
      return node.targets.some((target) => within(target).some((each) => each.type === 'Name' && names.has(each.id)));
    case 'AugmentedAssign':
    case 'AnnotatedAssign':
    case 'For':
    case 'WithItem':
      return node.target !== null && within(node.target).some((each) => each.type === 'Name' && names.has(each.id));
    case 'Walrus':
    case 'Capture':
      return node.name !== null && names.has(node.name);
    case 'Attribute':
      // A list grows shorter by its methods.
      return node.object.type === 'Name' && names.has(node.object.id);
    case 'Delete':
      return true;
    case 'Argument':
      return node.value.type === 'Name' && names.has(node.value.id);
    default:
      return false;
  }
}

/** What is known to end by an exception, some time: an iterator, a list that is used up. */
function mayRaise(node: Node): boolean {
  if (node.type === 'Subscript' || node.type === 'Raise' || node.type === 'Assert') return true;
  if (node.type !== 'Call') return false;
  const { callee } = node;
  const name = callee.type === 'Name' ? callee.id : callee.type === 'Attribute' ? callee.name : '';
  return !TELLING.has(name);
}

/** Hands on to whoever waits for it, or ends the function; what is defined within does neither. */
function leaves(node: Node): boolean {
  switch (node.type) {
    case 'Return':
    case 'Raise':
    case 'Yield':
    case 'Await':
      return true;
    case 'FunctionDef':
    case 'ClassDef':
      return false;
    default:
      return childrenOf(node).some(leaves);
  }
}
