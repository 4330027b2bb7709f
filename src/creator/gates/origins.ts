import type { CallSites } from './call-sites.js';
import type { Program } from './program.js';
import type { Binding } from './python/scopes.js';
import { type Expression, within } from './python/tree.js';

/** Follows values back to where a program writes them down. */
export class Origins {
  readonly #program: Program;
  readonly #sites: CallSites;

  constructor(program: Program, sites: CallSites) {
    this.#program = program;
    this.#sites = sites;
  }

  /** All that an expression may be: literals and calls, and names of which nobody knows. */
  of(expression: Expression, seen: ReadonlySet<Expression | Binding> = new Set()): Expression[] {
    if (seen.has(expression)) return [];
    const deeper = new Set<Expression | Binding>(seen).add(expression);
    const follow = (next: Expression) => this.of(next, deeper);
    switch (expression.type) {
      case 'Name': {
        const bindings = this.#program.names.bindingsOf(expression).filter((binding) => !seen.has(binding));
        const found = bindings.map((binding) => this.#bound(binding));
        if (this.#program.names.bindingsOf(expression).length === 0 || found.includes(undefined)) return [expression];
        for (const binding of bindings) deeper.add(binding);
        return found.flatMap((all) => all?.flatMap(follow) ?? []);
      }
      case 'Attribute': {
        const given = this.#program.imports.resolve(expression) ? [] : this.#givenTo(expression.name);
        return given.length > 0 ? given.flatMap(follow) : [expression];
      }
      case 'Conditional':
        return [expression.then, expression.otherwise].flatMap(follow);
      case 'Operation':
        return expression.joints.length > 0 && expression.joints.every((joint) => joint === 'or' || joint === 'and')
          ? expression.operands.flatMap(follow)
          : [expression];
      case 'Walrus':
        return follow(expression.value);
      case 'Subscript': {
        const values = follow(expression.object).map(partsOf);
        return values.includes(undefined) ? [expression] : values.flatMap((all) => all?.flatMap(follow) ?? []);
      }
      case 'Call':
        return this.#called(expression, follow);
      default:
        return [expression];
    }
  }

  #called(call: Extract<Expression, { type: 'Call' }>, follow: (next: Expression) => Expression[]): Expression[] {
    const { callee, arguments: given } = call;
    if (callee.type === 'Name') {
      const definition = this.#program.functions.get(callee.id);
      const returned = definition?.body
        .flatMap(within)
        .flatMap((node) => (node.type === 'Return' && node.value ? [node.value] : []));
      return returned && returned.length > 0 ? returned.flatMap(follow) : [call];
    }
    if (callee.type === 'Attribute' && VIEWS.has(callee.name)) {
      const items = follow(callee.object).map((each) => (each.type === 'Dict' ? entriesOf(each) : undefined));
      return items.includes(undefined)
        ? [call]
        : [{ type: 'Sequence', kind: 'list', items: items.flatMap((all) => all ?? []), line: call.line }];
    }
    if (callee.type !== 'Attribute' || callee.name !== 'get' || this.#program.imports.resolve(callee.object))
      return [call];
    const values = follow(callee.object).map(partsOf);
    return values.includes(undefined)
      ? [call]
      : [...values.flatMap((all) => all ?? []), ...given.slice(1).map(({ value }) => value)].flatMap(follow);
  }

  #givenTo(attribute: string): Expression[] {
    return this.#program.nodes.flatMap((node) => {
      if (node.type !== 'Assign' && node.type !== 'AnnotatedAssign') return [];
      const targets = node.type === 'Assign' ? node.targets : [node.target];
      return node.value && targets.some((each) => each.type === 'Attribute' && each.name === attribute)
        ? [node.value]
        : [];
    });
  }

  #bound({ name, node }: Binding): Expression[] | undefined {
    switch (node.type) {
      case 'Assign':
        return node.targets.some((target) => target.type === 'Name' && target.id === name) ? [node.value] : undefined;
      case 'AnnotatedAssign':
        return node.value ? [node.value] : [];
      case 'Walrus':
        return [node.value];
      case 'Parameter':
        return this.#sites.argumentsOf(node);
      case 'For':
      case 'Clause': {
        const through = this.of(node.iterable).map((each) => (each.type === 'Dict' ? entriesOf(each) : partsOf(each)));
        if (through.includes(undefined)) return undefined;
        const items = through.flatMap((all) => all ?? []);
        // Of pairs it may be either.
        return node.target.type === 'Name' ? items : items.flatMap((item) => partsOf(item) ?? [item]);
      }
      default:
        return undefined;
    }
  }
}

const VIEWS = new Set(['items', 'keys', 'values']);
/** What a literal list or dict holds. */
function partsOf(literal: Expression): readonly Expression[] | undefined {
  if (literal.type === 'Sequence') return literal.items;
  return literal.type === 'Dict' ? literal.entries.map(({ value }) => value) : undefined;
}
/** Keys and values: which of them, makes no difference here. */
const entriesOf = ({ entries }: Extract<Expression, { type: 'Dict' }>): Expression[] =>
  entries.flatMap(({ key, value }) => (key ? [key, value] : [value]));
