import type { Comprehension, Expression, Name, Node, Parameter, Statement, TypeParameter } from './tree.js';
import { childrenOf } from './tree.js';

type Kind = 'module' | 'class' | 'function' | 'comprehension';

/** Where names live. */
export interface Scope {
  readonly kind: Kind;
  readonly parent: Scope | undefined;
  readonly bound: Set<string>;
  readonly globals: Set<string>;
  readonly outer: Set<string>;
}

/** Something gets a name. */
export interface Binding {
  readonly name: string;
  readonly scope: Kind;
  readonly node: Node;
  readonly line: number;
  /** Where the name is given. */
  readonly at: Scope;
}

/** `function` is a local that cannot be anything else; names of `module` and `class` may still be a builtin while they are not bound. */
export type Home = 'function' | 'class' | 'module' | 'nowhere';

export interface Names {
  readonly bindings: readonly Binding[];
  /** Where a name that is read gets its value. */
  homeOf(name: Name): Home;
  /** All that may have given the name its value there: of its own scope, not of others with such a name. */
  bindingsOf(name: Name): readonly Binding[];
}

/** Follows Python's rules of scope through a whole program. */
export function namesOf(program: readonly Statement[]): Names {
  const finder = new NameFinder();
  for (const statement of program) finder.visit(statement, finder.module);
  const byScope = new Map<Scope, Map<string, Binding[]>>();
  for (const binding of finder.bindings) {
    const scope = scopeOf(binding.name, binding.at, binding.at) ?? binding.at;
    const names = byScope.get(scope) ?? new Map<string, Binding[]>();
    byScope.set(scope, names.set(binding.name, [...(names.get(binding.name) ?? []), binding]));
  }
  const found = (name: Name): Scope | undefined => {
    const scope = finder.reads.get(name);
    return scope && scopeOf(name.id, scope, scope);
  };
  return {
    bindings: finder.bindings,
    homeOf: (name) => {
      const kind = found(name)?.kind ?? 'nowhere';
      return kind === 'comprehension' ? 'function' : kind;
    },
    bindingsOf: (name) => {
      const scope = found(name);
      return (scope && byScope.get(scope)?.get(name.id)) ?? [];
    },
  };
}

/** Where a name lives that is read or given in `start`. */
function scopeOf(name: string, scope: Scope | undefined, start: Scope): Scope | undefined {
  if (!scope) return undefined;
  if (scope.globals.has(name)) return outermost(scope);
  const seen = scope.kind !== 'class' || scope === start;
  if (seen && scope.bound.has(name) && !scope.outer.has(name)) return scope;
  return scopeOf(name, scope.parent, start);
}
function outermost(scope: Scope): Scope {
  return scope.parent ? outermost(scope.parent) : scope;
}

const scopeIn = (kind: Kind, parent: Scope | undefined): Scope => ({
  kind,
  parent,
  bound: new Set(),
  globals: new Set(),
  outer: new Set(),
});

class NameFinder {
  readonly module = scopeIn('module', undefined);
  readonly bindings: Binding[] = [];
  readonly reads = new Map<Name, Scope>();

  #bind(name: string, scope: Scope, node: Node): void {
    scope.bound.add(name);
    const home = scope.globals.has(name) ? this.module : scope;
    home.bound.add(name);
    this.bindings.push({ name, scope: home.kind, node, line: node.line, at: home });
  }

  visit(node: Node, scope: Scope): void {
    switch (node.type) {
      case 'Name':
        this.reads.set(node, scope);
        return;
      case 'Assign':
        for (const target of node.targets) this.#target(target, scope, node);
        this.visit(node.value, scope);
        return;
      case 'AugmentedAssign':
        this.#target(node.target, scope, node);
        this.visit(node.value, scope);
        return;
      case 'AnnotatedAssign':
        this.#target(node.target, scope, node);
        this.#all([node.annotation, node.value], scope);
        return;
      case 'For':
      case 'Clause':
        this.#target(node.target, scope, node);
        this.#all(
          childrenOf(node).filter((child) => child !== node.target),
          scope,
        );
        return;
      case 'WithItem':
        if (node.target) this.#target(node.target, scope, node);
        this.visit(node.context, scope);
        return;
      case 'Delete':
        for (const target of node.targets) this.#target(target, scope, node);
        return;
      case 'Handler':
        if (node.name !== null) this.#bind(node.name, scope, node);
        break;
      case 'Capture':
        if (node.name !== null) this.#bind(node.name, scope, node);
        break;
      case 'Walrus':
        this.#bind(node.name, outOfComprehensions(scope), node);
        break;
      case 'Scoping':
        for (const name of node.names) (node.word === 'global' ? scope.globals : scope.outer).add(name);
        return;
      case 'Alias':
        this.#bind(node.as ?? node.name.split('.')[0] ?? node.name, scope, node);
        return;
      case 'Lambda': {
        const inside = this.#function(node.parameters, scope, scope);
        this.visit(node.value, inside);
        return;
      }
      case 'Comprehension':
        this.#comprehension(node, scope);
        return;
      case 'FunctionDef': {
        this.#bind(node.name, scope, node);
        this.#all(node.decorators, scope);
        const typed = this.#typeParameters(node.typeParameters, scope);
        const inside = this.#function(node.parameters, scope, typed);
        this.#all([node.returns], typed);
        this.#body(node.body, inside);
        return;
      }
      case 'ClassDef': {
        this.#bind(node.name, scope, node);
        this.#all(node.decorators, scope);
        const typed = this.#typeParameters(node.typeParameters, scope);
        this.#all(node.bases, typed);
        this.#body(node.body, scopeIn('class', typed));
        return;
      }
      case 'TypeAlias':
        this.#bind(node.name, scope, node);
        this.visit(node.value, this.#typeParameters(node.typeParameters, scope));
        return;
      default:
    }
    this.#all(childrenOf(node), scope);
  }

  #all(nodes: readonly (Node | null)[], scope: Scope): void {
    for (const node of nodes) if (node) this.visit(node, scope);
  }

  /** `global` counts for the whole body, wherever it stands. */
  #body(statements: readonly Statement[], scope: Scope): void {
    const declare = (nodes: readonly Node[]) => {
      for (const node of nodes) {
        if (node.type === 'Scoping') this.visit(node, scope);
        else if (node.type !== 'FunctionDef' && node.type !== 'ClassDef') declare(childrenOf(node));
      }
    };
    declare(statements);
    this.#all(statements, scope);
  }

  #target(target: Expression, scope: Scope, node: Node): void {
    if (target.type === 'Name') {
      this.#bind(target.id, scope, node);
      this.reads.set(target, scope);
    } else if (target.type === 'Sequence') {
      for (const item of target.items) this.#target(item, scope, node);
    } else if (target.type === 'Starred') {
      this.#target(target.value, scope, node);
    } else {
      this.visit(target, scope);
    }
  }

  #typeParameters(parameters: readonly TypeParameter[], scope: Scope): Scope {
    if (parameters.length === 0) return scope;
    const inside = scopeIn('function', scope);
    for (const parameter of parameters) this.#bind(parameter.name, inside, parameter);
    this.#all(
      parameters.map(({ bound }) => bound),
      inside,
    );
    return inside;
  }

  #function(parameters: readonly Parameter[], defaults: Scope, parent: Scope): Scope {
    const inside = scopeIn('function', parent);
    for (const parameter of parameters) {
      this.#all([parameter.default], defaults);
      this.#all([parameter.annotation], parent);
      this.#bind(parameter.name, inside, parameter);
    }
    return inside;
  }

  /** What the first `for` goes through is evaluated outside. */
  #comprehension(node: Comprehension, scope: Scope): void {
    const inside = scopeIn('comprehension', scope);
    node.clauses.forEach((clause, index) => {
      this.#target(clause.target, inside, clause);
      this.visit(clause.iterable, index === 0 ? scope : inside);
      this.#all(clause.conditions, inside);
    });
    this.#all(node.elements, inside);
  }
}

function outOfComprehensions(scope: Scope): Scope {
  return scope.kind === 'comprehension' && scope.parent ? outOfComprehensions(scope.parent) : scope;
}
