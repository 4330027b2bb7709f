import { breaks, isTrue } from './contract.js';
import type { Tell } from './findings.js';
import type { Program } from './program.js';
import { childrenOf, type Node, within } from './python/tree.js';

/**
 * `while True:` that nothing ends: the caller hears silence until the session is taken down. Within a `try` an exception may
 * be the way out, as it is with iterators.
 */
export function checkEndless({ nodes }: Program, tell: Tell): void {
  const tried = new Set(nodes.flatMap((node) => (node.type === 'Try' ? node.body.flatMap(within) : [])));
  for (const node of nodes) {
    if (node.type !== 'While' || !isTrue(node.test) || tried.has(node)) continue;
    if (node.body.some(breaks) || node.body.some(leaves)) continue;
    tell('endless-loop', node.line, 'Nothing ends this loop: leave it with break or return.');
  }
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
