import type { CallSites } from './call-sites.js';
import { isText, type Program } from './program.js';
import type { Binding } from './python/scopes.js';
import { type Argument, type Call, childrenOf, type Expression, type Name, type Node, within } from './python/tree.js';

/** Methods of a dict that put nothing in. */
const READING = new Set(['get', 'pop', 'copy', 'keys', 'values', 'items']);
/** What may be told of a request. */
const TELLING = new Set([
  'print',
  'len',
  'bool',
  'isinstance',
  'debug',
  'info',
  'warning',
  'error',
  'exception',
  'dumps',
]);

/** Requests that a program sends by their name: `client.converse(**request)`. */
export class Requests {
  readonly #program: Program;
  readonly #sites: CallSites;
  #parents: Map<Node, Node> | undefined;
  readonly #uses = new Map<Name, boolean>();
  readonly #judged = new Map<Expression | Binding, boolean>();

  constructor(program: Program, sites: CallSites) {
    this.#program = program;
    this.#sites = sites;
  }

  /**
   * Whether all fields are written out by the program: in a literal dict, of which the name is used for nothing that could put in
   * others.
   */
  isWrittenOut(expression: Expression): boolean {
    return this.#once(expression, () => this.#isWrittenOut(expression));
  }
  #once(what: Expression | Binding, judge: () => boolean): boolean {
    const known = this.#judged.get(what);
    if (known !== undefined) return known;
    this.#judged.set(what, true);
    const judged = judge();
    this.#judged.set(what, judged);
    return judged;
  }

  #isWrittenOut(node: Expression): boolean {
    const follow = (each: Expression) => this.isWrittenOut(each);
    switch (node.type) {
      case 'Dict':
        return node.entries.every(({ key, value }) => (key ? isText(key) : follow(value)));
      case 'Conditional':
        return follow(node.then) && follow(node.otherwise);
      case 'Operation':
        return node.joints.every((joint) => ['|', 'or', 'and'].includes(joint)) && node.operands.every(follow);
      case 'Walrus':
        return follow(node.value);
      case 'Constant':
        return node.kind === 'None';
      case 'Call':
        return this.#isMade(node, follow);
      case 'Name':
        return this.#program.names.bindingsOf(node).length > 0 && this.#isOwnName(node, follow);
      case 'Attribute':
        return this.#isOwnAttribute(node.name, follow);
      default:
        return false;
    }
  }

  /** `dict(…)`, `request.copy()`, and what a function of the program returns. */
  #isMade({ callee, arguments: given }: Call, follow: (each: Expression) => boolean): boolean {
    if (callee.type === 'Attribute') return callee.name === 'copy' && follow(callee.object);
    if (callee.type !== 'Name') return false;
    if (callee.id === 'dict' && this.#program.names.homeOf(callee) === 'nowhere') {
      return given.every(({ star, name, value }) => name !== null || (star !== '*' && follow(value)));
    }
    const definition = this.#program.functions.get(callee.id);
    if (!definition || this.#program.bindings.get(callee.id)?.length !== 1) return false;
    const returned = definition.body
      .flatMap(within)
      .flatMap((node) => (node.type === 'Return' && node.value ? [node.value] : []));
    return returned.length > 0 && returned.every((value) => isFresh(value, this.#program) && follow(value));
  }

  #isOwnName(name: Name, follow: (each: Expression) => boolean): boolean {
    const bindings = this.#program.names.bindingsOf(name);
    const isGiven = bindings.every((binding) =>
      this.#once(binding, () => this.#given(binding)?.every(follow) ?? false),
    );
    if (!isGiven) return false;
    return this.#areUsesHarmless(bindings, follow);
  }
  #areUsesHarmless(bindings: readonly Binding[], follow: (each: Expression) => boolean): boolean {
    const own = new Set(bindings);
    const names = new Set(bindings.map(({ name }) => name));
    return this.#program.nodes.every(
      (node) =>
        node.type !== 'Name' ||
        !names.has(node.id) ||
        !this.#program.names.bindingsOf(node).some((binding) => own.has(binding)) ||
        this.#isHarmlessOnce(node, follow),
    );
  }
  #given({ name, node }: Binding): readonly Expression[] | undefined {
    switch (node.type) {
      case 'Assign':
        return node.targets.every((target) => target.type === 'Name' && target.id === name) ? [node.value] : undefined;
      case 'AnnotatedAssign':
        return node.value ? [node.value] : [];
      case 'AugmentedAssign':
        return node.operator === '|' ? [node.value] : undefined;
      case 'Walrus':
        return [node.value];
      case 'Parameter':
        return this.#sites.argumentsOf(node);
      default:
        return undefined;
    }
  }

  #isOwnAttribute(name: string, follow: (each: Expression) => boolean): boolean {
    const { nodes } = this.#program;
    const isMeant = (target: Node) => target.type === 'Attribute' && target.name === name;
    const given = nodes.flatMap((node) => {
      if (node.type === 'Assign' && node.targets.some(isMeant)) return [node.value];
      if (node.type === 'AnnotatedAssign' && isMeant(node.target)) return node.value ? [node.value] : [];
      return [];
    });
    return (
      given.length > 0 && given.every(follow) && nodes.filter(isMeant).every((node) => this.#isHarmless(node, follow))
    );
  }

  #isHarmlessOnce(use: Name, follow: (each: Expression) => boolean): boolean {
    const known = this.#uses.get(use);
    if (known !== undefined) return known;
    this.#uses.set(use, true);
    const judged = this.#isHarmless(use, follow);
    this.#uses.set(use, judged);
    return judged;
  }
  /** Whether a use of a request leaves it to the program what is in it. */
  #isHarmless(use: Node, follow: (each: Expression) => boolean): boolean {
    const parent = this.#parentOf(use);
    switch (parent?.type) {
      case 'Assign':
        // Another name for the same dict could be used for more.
        return parent.value !== use;
      case 'AnnotatedAssign':
        return parent.value !== use;
      case 'AugmentedAssign':
        return parent.target === use && parent.operator === '|' && follow(parent.value);
      case 'DictEntry':
        return parent.key === null;
      case 'Subscript':
        return parent.object === use && parent.index.length === 1 && isText(parent.index[0]);
      case 'Operation':
        return parent.operators.every((operator) => ['in', 'not in', '|', 'not', 'is', 'is not'].includes(operator));
      case 'If':
      case 'Conditional':
        return parent.test === use;
      case 'Return':
        return use.type === 'Name' && this.#program.names.homeOf(use) === 'function';
      case 'Interpolation':
        return true;
      case 'Argument': {
        const call = this.#parentOf(parent);
        return (
          parent.star === '**' ||
          (call?.type === 'Call' && TELLING.has(nameOf(call.callee))) ||
          this.#isHandedIn(parent, call, follow)
        );
      }
      case 'Attribute':
        return this.#isMethod(parent, follow);
      default:
        return false;
    }
  }
  /** To a function of the program, which does no more with its parameter. */
  #isHandedIn(argument: Argument, call: Node | undefined, follow: (each: Expression) => boolean): boolean {
    if (call?.type !== 'Call' || call.callee.type !== 'Name') return false;
    const parameters = this.#program.functions.get(call.callee.id)?.parameters;
    const parameter =
      parameters?.find(({ name }) => name === argument.name) ?? parameters?.[call.arguments.indexOf(argument)];
    if (parameter?.star !== '' || argument.star !== '') return false;
    const bindings = this.#program.bindings.get(parameter.name)?.filter(({ node }) => node === parameter) ?? [];
    return bindings.every((binding) => this.#areUsesHarmless([binding], follow));
  }
  #isMethod(attribute: Node, follow: (each: Expression) => boolean): boolean {
    const call = this.#parentOf(attribute);
    if (attribute.type !== 'Attribute' || call?.type !== 'Call' || call.callee !== attribute) return false;
    if (READING.has(attribute.name)) return true;
    if (attribute.name === 'setdefault') return isText(call.arguments[0]?.value);
    if (attribute.name !== 'update') return false;
    return call.arguments.every(({ star, name, value }) => name !== null || (star !== '*' && follow(value)));
  }

  #parentOf(node: Node): Node | undefined {
    if (!this.#parents) {
      this.#parents = new Map();
      for (const parent of this.#program.nodes)
        for (const child of childrenOf(parent)) this.#parents.set(child, parent);
    }
    return this.#parents.get(node);
  }
}

/** Made anew by every call: nobody else has hold of it. */
const isFresh = (value: Expression, { names }: Program): boolean =>
  value.type === 'Dict' || value.type === 'Call' || (value.type === 'Name' && names.homeOf(value) === 'function');
const nameOf = (callee: Expression): string =>
  callee.type === 'Name' ? callee.id : callee.type === 'Attribute' ? callee.name : '';
