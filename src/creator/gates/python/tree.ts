/** The syntax tree of a Python program, as far as rules ask about it: operators have no precedence here, only operands. */

interface At {
  /** From 1. */
  readonly line: number;
}

export interface Name extends At {
  readonly type: 'Name';
  readonly id: string;
}
export interface Constant extends At {
  readonly type: 'Constant';
  readonly kind: 'str' | 'bytes' | 'number' | 'True' | 'False' | 'None' | '...';
  /** The decoded value of a text; else as it is written. */
  readonly text: string;
}
export interface FString extends At {
  readonly type: 'FString';
  readonly parts: readonly (Constant | Interpolation)[];
}
export interface Interpolation extends At {
  readonly type: 'Interpolation';
  readonly value: Expression;
  readonly spec: FString | null;
}
export interface Attribute extends At {
  readonly type: 'Attribute';
  readonly object: Expression;
  readonly name: string;
}
export interface Argument extends At {
  readonly type: 'Argument';
  /** `*` and `**` spread; a keyword has a name. */
  readonly star: '' | '*' | '**';
  readonly name: string | null;
  readonly value: Expression;
}
export interface Call extends At {
  readonly type: 'Call';
  readonly callee: Expression;
  readonly arguments: readonly Argument[];
}
export interface Subscript extends At {
  readonly type: 'Subscript';
  readonly object: Expression;
  readonly index: readonly Expression[];
}
export interface Slice extends At {
  readonly type: 'Slice';
  readonly parts: readonly Expression[];
}
/** Unary and binary operators in a row: `a + b * -c` has three operands. */
export interface Operation extends At {
  readonly type: 'Operation';
  readonly operators: readonly string[];
  /** The binary ones alone: each stands between the operand of its index and the next. */
  readonly joints: readonly string[];
  readonly operands: readonly Expression[];
}
export interface Conditional extends At {
  readonly type: 'Conditional';
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}
export interface Parameter extends At {
  readonly type: 'Parameter';
  readonly star: '' | '*' | '**';
  readonly name: string;
  readonly annotation: Expression | null;
  readonly default: Expression | null;
}
export interface Lambda extends At {
  readonly type: 'Lambda';
  readonly parameters: readonly Parameter[];
  readonly value: Expression;
}
export interface Sequence extends At {
  readonly type: 'Sequence';
  readonly kind: 'tuple' | 'list' | 'set';
  readonly items: readonly Expression[];
}
export interface DictEntry extends At {
  readonly type: 'DictEntry';
  /** Null for `**mapping`. */
  readonly key: Expression | null;
  readonly value: Expression;
}
export interface Dict extends At {
  readonly type: 'Dict';
  readonly entries: readonly DictEntry[];
}
export interface Clause extends At {
  readonly type: 'Clause';
  readonly target: Expression;
  readonly iterable: Expression;
  readonly conditions: readonly Expression[];
}
export interface Comprehension extends At {
  readonly type: 'Comprehension';
  /** Two for a dict: key and value. */
  readonly elements: readonly Expression[];
  readonly clauses: readonly Clause[];
}
export interface Await extends At {
  readonly type: 'Await';
  readonly value: Expression;
}
export interface Yield extends At {
  readonly type: 'Yield';
  readonly value: Expression | null;
}
export interface Starred extends At {
  readonly type: 'Starred';
  readonly value: Expression;
}
export interface Walrus extends At {
  readonly type: 'Walrus';
  readonly name: string;
  readonly value: Expression;
}
export type Expression =
  | Name
  | Constant
  | FString
  | Attribute
  | Call
  | Subscript
  | Slice
  | Operation
  | Conditional
  | Lambda
  | Sequence
  | Dict
  | Comprehension
  | Await
  | Yield
  | Starred
  | Walrus;

export interface Capture extends At {
  readonly type: 'Capture';
  /** Null for `_`. */
  readonly name: string | null;
  /** What is captured, when it has to fit something: `pattern as name`. */
  readonly pattern: Pattern | null;
}
export interface ValuePattern extends At {
  readonly type: 'ValuePattern';
  readonly value: Expression;
}
export interface PatternGroup extends At {
  readonly type: 'PatternGroup';
  readonly kind: 'or' | 'sequence';
  readonly patterns: readonly Pattern[];
}
export interface MappingPattern extends At {
  readonly type: 'MappingPattern';
  readonly keys: readonly Expression[];
  readonly patterns: readonly Pattern[];
}
export interface ClassPattern extends At {
  readonly type: 'ClassPattern';
  readonly class: Expression;
  readonly patterns: readonly Pattern[];
  readonly keywords: readonly PatternKeyword[];
}
export interface PatternKeyword extends At {
  readonly type: 'PatternKeyword';
  readonly name: string;
  readonly pattern: Pattern;
}
export type Pattern = Capture | ValuePattern | PatternGroup | MappingPattern | ClassPattern;

export interface ExpressionStatement extends At {
  readonly type: 'ExpressionStatement';
  readonly value: Expression;
}
export interface Assign extends At {
  readonly type: 'Assign';
  readonly targets: readonly Expression[];
  readonly value: Expression;
}
export interface AugmentedAssign extends At {
  readonly type: 'AugmentedAssign';
  /** Without its `=`. */
  readonly operator: string;
  readonly target: Expression;
  readonly value: Expression;
}
export interface AnnotatedAssign extends At {
  readonly type: 'AnnotatedAssign';
  readonly target: Expression;
  readonly annotation: Expression;
  readonly value: Expression | null;
}
export interface Return extends At {
  readonly type: 'Return';
  readonly value: Expression | null;
}
export interface Raise extends At {
  readonly type: 'Raise';
  readonly parts: readonly Expression[];
}
export interface Assert extends At {
  readonly type: 'Assert';
  readonly parts: readonly Expression[];
}
export interface Delete extends At {
  readonly type: 'Delete';
  readonly targets: readonly Expression[];
}
export interface Plain extends At {
  readonly type: 'Plain';
  readonly word: 'pass' | 'break' | 'continue';
}
export interface Scoping extends At {
  readonly type: 'Scoping';
  readonly word: 'global' | 'nonlocal';
  readonly names: readonly string[];
}
export interface Alias extends At {
  readonly type: 'Alias';
  readonly name: string;
  readonly as: string | null;
}
export interface Import extends At {
  readonly type: 'Import';
  readonly names: readonly Alias[];
}
export interface ImportFrom extends At {
  readonly type: 'ImportFrom';
  /** With its leading dots. */
  readonly module: string;
  readonly names: readonly Alias[];
}
export interface If extends At {
  readonly type: 'If';
  readonly test: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}
export interface While extends At {
  readonly type: 'While';
  readonly test: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}
export interface For extends At {
  readonly type: 'For';
  readonly target: Expression;
  readonly iterable: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
}
export interface Handler extends At {
  readonly type: 'Handler';
  readonly exception: Expression | null;
  readonly name: string | null;
  readonly body: readonly Statement[];
}
export interface Try extends At {
  readonly type: 'Try';
  readonly body: readonly Statement[];
  readonly handlers: readonly Handler[];
  readonly otherwise: readonly Statement[];
  readonly last: readonly Statement[];
}
export interface WithItem extends At {
  readonly type: 'WithItem';
  readonly context: Expression;
  readonly target: Expression | null;
}
export interface With extends At {
  readonly type: 'With';
  readonly items: readonly WithItem[];
  readonly body: readonly Statement[];
}
export interface TypeParameter extends At {
  readonly type: 'TypeParameter';
  readonly name: string;
  readonly bound: Expression | null;
}
export interface FunctionDef extends At {
  readonly type: 'FunctionDef';
  readonly name: string;
  readonly decorators: readonly Expression[];
  readonly typeParameters: readonly TypeParameter[];
  readonly parameters: readonly Parameter[];
  readonly returns: Expression | null;
  readonly body: readonly Statement[];
}
export interface ClassDef extends At {
  readonly type: 'ClassDef';
  readonly name: string;
  readonly decorators: readonly Expression[];
  readonly typeParameters: readonly TypeParameter[];
  readonly bases: readonly Argument[];
  readonly body: readonly Statement[];
}
export interface Case extends At {
  readonly type: 'Case';
  readonly pattern: Pattern;
  readonly guard: Expression | null;
  readonly body: readonly Statement[];
}
export interface Match extends At {
  readonly type: 'Match';
  readonly subject: Expression;
  readonly cases: readonly Case[];
}
export interface TypeAlias extends At {
  readonly type: 'TypeAlias';
  readonly name: string;
  readonly typeParameters: readonly TypeParameter[];
  readonly value: Expression;
}
export type Statement =
  | ExpressionStatement
  | Assign
  | AugmentedAssign
  | AnnotatedAssign
  | Return
  | Raise
  | Assert
  | Delete
  | Plain
  | Scoping
  | Import
  | ImportFrom
  | If
  | While
  | For
  | Try
  | With
  | FunctionDef
  | ClassDef
  | Match
  | TypeAlias;

export type Node =
  | Expression
  | Statement
  | Pattern
  | PatternKeyword
  | Interpolation
  | Argument
  | Parameter
  | DictEntry
  | Clause
  | Alias
  | Handler
  | WithItem
  | TypeParameter
  | Case;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** Trees do not change, and most rules walk all of them. */
const known = new WeakMap<Node, readonly Node[]>();

/** Every part of a node that is a node, in the order it is written: no rule can forget one. */
export function childrenOf(node: Node): readonly Node[] {
  let children = known.get(node);
  if (!children) {
    children = findChildren(node);
    known.set(node, children);
  }
  return children;
}

function findChildren(node: Node): Node[] {
  const children: Node[] = [];
  for (const value of Object.values(node)) {
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

/** The node and all below it, the node first. */
export function within(node: Node): Node[] {
  const nodes = [node];
  for (let index = 0; index < nodes.length; index++) {
    const next = nodes[index];
    if (next) nodes.push(...childrenOf(next));
  }
  return nodes;
}
