import type { Tell } from './findings.js';
import { Imports } from './imports.js';
import { type Binding, type Names, namesOf } from './python/scopes.js';
import {
  type ClassDef,
  type Constant,
  type Expression,
  type FunctionDef,
  type Node,
  type Statement,
  within,
} from './python/tree.js';

/** What all rules ask about a program. */
export interface Program {
  readonly statements: readonly Statement[];
  /** All that is in them. */
  readonly nodes: readonly Node[];
  readonly names: Names;
  readonly bindings: ReadonlyMap<string, readonly Binding[]>;
  readonly imports: Imports;
  /** Of the module level. */
  readonly functions: ReadonlyMap<string, FunctionDef>;
  readonly classes: ReadonlyMap<string, ClassDef>;
  /** Attributes that the program itself gives to objects of its classes. */
  readonly ownAttributes: ReadonlySet<string>;
  /** The value of a name that is bound once, at the module level. */
  valueOf(name: string): Expression | undefined;
}

export function programOf(statements: readonly Statement[], tell: Tell): Program {
  const names = namesOf(statements);
  const bindings = new Map<string, Binding[]>();
  for (const binding of names.bindings) {
    const same = bindings.get(binding.name);
    if (same) same.push(binding);
    else bindings.set(binding.name, [binding]);
  }
  const nodes = statements.flatMap(within);
  const definitions = <T extends Statement['type']>(type: T) =>
    new Map(
      statements
        .filter((statement): statement is Extract<Statement, { type: T; name: string }> => statement.type === type)
        .map((statement) => [statement.name, statement] as const),
    );
  return {
    statements,
    nodes,
    names,
    bindings,
    imports: new Imports(nodes, names, tell),
    functions: definitions('FunctionDef'),
    classes: definitions('ClassDef'),
    ownAttributes: new Set(nodes.flatMap(attributesGivenBy)),
    valueOf: (name) => {
      const [binding, another] = bindings.get(name) ?? [];
      return binding && !another && binding.scope === 'module' ? assigned(binding.node, name) : undefined;
    },
  };
}

function assigned(node: Node, name: string): Expression | undefined {
  if (node.type === 'AnnotatedAssign') return node.value ?? undefined;
  if (node.type !== 'Assign') return undefined;
  const [target, another] = node.targets;
  return target?.type === 'Name' && target.id === name && !another ? node.value : undefined;
}

function attributesGivenBy(node: Node): string[] {
  if (node.type === 'ClassDef') return node.body.flatMap(namesInClass);
  if (node.type === 'Assign') return node.targets.flatMap(attributeOfSelf);
  if (node.type === 'AnnotatedAssign') return attributeOfSelf(node.target);
  // The fields of a namedtuple: its form is checked elsewhere.
  if (node.type === 'Call' && node.callee.type !== 'Call') {
    const callee =
      node.callee.type === 'Name' ? node.callee.id : node.callee.type === 'Attribute' ? node.callee.name : '';
    return callee === 'namedtuple' ? node.arguments.slice(1).flatMap(({ value }) => fieldNames(value)) : [];
  }
  return [];
}
const fieldNames = (value: Expression): string[] =>
  within(value).flatMap((node) => (isText(node) ? node.text.split(/[\s,]+/) : []));

function namesInClass(statement: Statement): string[] {
  if (statement.type === 'FunctionDef' || statement.type === 'ClassDef') return [statement.name];
  const targets =
    statement.type === 'Assign' ? statement.targets : statement.type === 'AnnotatedAssign' ? [statement.target] : [];
  return targets.flatMap((target) => (target.type === 'Name' ? [target.id] : []));
}
function attributeOfSelf(target: Expression): string[] {
  if (target.type === 'Sequence') return target.items.flatMap(attributeOfSelf);
  return target.type === 'Attribute' && target.object.type === 'Name' && target.object.id === 'self'
    ? [target.name]
    : [];
}

export const isText = (node: Node | null | undefined): node is Constant =>
  node?.type === 'Constant' && node.kind === 'str';
/** A builtin that the program has not given another meaning. */
export const isBuiltin = (node: Node, name: string, program: Program): boolean =>
  node.type === 'Name' && node.id === name && program.names.homeOf(node) === 'nowhere';
