import type { CallSites } from './call-sites.js';
import type { Program } from './program.js';
import type { Binding } from './python/scopes.js';
import { type Call, type ClassDef, type Expression, type Node, within } from './python/tree.js';

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
        const fields = this.#program.imports.resolve(expression) ? undefined : this.#fieldsOf(expression.name);
        const given = fields ? [...this.#givenTo(expression.name), ...fields] : [];
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

  #called(call: Call, follow: (next: Expression) => Expression[]): Expression[] {
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

  /** What classes of the program give to an attribute in their bodies, and to a field when they are called; undefined for anything. */
  #fieldsOf(attribute: string): Expression[] | undefined {
    const all = this.#program.nodes.map((node) => (node.type === 'ClassDef' ? this.#fieldOf(node, attribute) : []));
    return all.includes(undefined) ? undefined : all.flatMap((each) => each ?? []);
  }
  #fieldOf({ name, body }: ClassDef, attribute: string): Expression[] | undefined {
    const isIt = (target: Expression) => target.type === 'Name' && target.id === attribute;
    const constants = body.flatMap((each) => (each.type === 'Assign' && each.targets.some(isIt) ? [each.value] : []));
    const fields = body.flatMap((each) => (each.type === 'AnnotatedAssign' ? [each] : []));
    const index = fields.findIndex(({ target }) => isIt(target));
    if (index < 0) return constants;
    const calls = this.#callsOf(name);
    const given = calls?.map(
      ({ arguments: all }) =>
        (all.find((each) => each.name === attribute) ?? all.filter((each) => each.name === null)[index])?.value,
    );
    const byDefault = fields[index]?.value;
    // `dataclasses.replace(settings, table=…)` gives to it as well.
    const named = this.#program.nodes.flatMap((node) =>
      node.type === 'Argument' && node.name === attribute ? [node.value] : [],
    );
    if (!given || (given.includes(undefined) && !byDefault)) return undefined;
    return [...constants, ...given.flatMap((each) => each ?? []), ...named, ...(byDefault ? [byDefault] : [])];
  }
  /** Where objects of a class are made; undefined when it is handed on, or another one is made of it. */
  #callsOf(name: string): Call[] | undefined {
    const { nodes } = this.#program;
    const calls = nodes.flatMap((node) => (node.type === 'Call' ? [node] : []));
    const mentioned = new Set<Node>([...calls.map(({ callee }) => callee), ...nodes.flatMap(annotated)]);
    for (const node of nodes) if (node.type === 'Attribute') mentioned.add(node.object);
    const isClass = (node: Node) => node.type === 'Name' && (node.id === name || node.id === 'cls');
    if (nodes.some((node) => isClass(node) && !mentioned.has(node))) return undefined;
    const made = calls.filter(({ callee }) => isClass(callee));
    return made.some((call) => call.arguments.some(({ star }) => star !== '')) ? undefined : made;
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

/** What stands in annotations names classes, and makes none. */
function annotated(node: Node): readonly Node[] {
  const annotation =
    node.type === 'FunctionDef'
      ? node.returns
      : node.type === 'Parameter' || node.type === 'AnnotatedAssign'
        ? node.annotation
        : null;
  return annotation ? within(annotation) : [];
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
