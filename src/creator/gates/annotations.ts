import { BUILTIN_TYPES, memberKind } from './allowed.js';
import type { Tell } from './findings.js';
import type { Program } from './program.js';
import type { Binding } from './python/scopes.js';
import { type Expression, type Node, type Subscript, within } from './python/tree.js';

/** Special members that are types as well, as long as nobody can get hold of them. */
const TYPES = new Set(['agent', 'annotation', 'app', 'base', 'config', 'model', 'prompt-file']);

/**
 * Annotations are code that others run: `typing.get_type_hints`, which Strands calls for tools, evaluates texts in them, also texts behind
 * names. So they consist of the names of types, and of nothing else.
 */
export class Annotations {
  readonly #program: Program;
  readonly #tell: Tell;
  readonly #asked = new Map<string, boolean>();

  constructor(program: Program, tell: Tell) {
    this.#program = program;
    this.#tell = tell;
  }

  check(annotation: Expression): void {
    if (this.isType(annotation)) return;
    this.#tell(
      'annotation-not-allowed',
      annotation.line,
      'An annotation may consist of names of types, "|" and subscripts only: built-in types, imported types and classes of the program.',
    );
  }

  isType(node: Expression): boolean {
    switch (node.type) {
      case 'Name':
        return this.#isTypeName(node.id) || this.#isImportedType(node);
      case 'Attribute':
        return this.#isImportedType(node);
      case 'Constant':
        return node.kind === 'None' || node.kind === '...' || (node.kind === 'str' && this.#isTypeText(node.text));
      case 'Operation':
        return node.operators.every((operator) => operator === '|') && node.operands.every((each) => this.isType(each));
      case 'Sequence':
        return node.kind !== 'set' && node.items.every((item) => this.isType(item));
      case 'Subscript':
        return this.isType(node.object) && this.#areArguments(node);
      default:
        return false;
    }
  }

  #areArguments({ object, index }: Subscript): boolean {
    const generic = this.#program.imports.qualified(object);
    if (generic === 'typing.Literal') return index.every(isValue);
    if (generic === 'typing.Annotated') {
      const [type, ...remarks] = index;
      return type !== undefined && this.isType(type) && remarks.every(isValue);
    }
    return index.every((item) => this.isType(item));
  }

  /** A type in quotes: names, brackets and bars, nothing that is called or asked for an attribute. */
  #isTypeText(text: string): boolean {
    if (!/^[A-Za-z][A-Za-z0-9_[\], |]*$/.test(text)) return false;
    const names = text.match(/[A-Za-z0-9_]+/g) ?? [];
    return names.every(
      (name) => name === 'None' || this.#isTypeName(name) || this.#isImportedType({ type: 'Name', id: name, line: 0 }),
    );
  }

  #isImportedType(node: Expression): boolean {
    const imported = this.#program.imports.resolve(node);
    if (!imported || imported.member === null) return false;
    const kind = memberKind(imported.module, imported.member);
    return kind === 'plain'
      ? /^[A-Z]|^(date|time|datetime|timedelta|timezone|deque|defaultdict)$/.test(imported.member)
      : TYPES.has(kind ?? '');
  }

  #isValue(node: Node): boolean {
    if (node.type !== 'Name' && node.type !== 'Attribute') return true;
    const imported = this.#program.imports.resolve(node);
    if (!imported) return node.type === 'Name' && node.id !== 'type';
    return imported.member === null || memberKind(imported.module, imported.member) === 'plain';
  }

  /** Every meaning that the program gives to the name has to be a type. */
  #isTypeName(name: string): boolean {
    const known = this.#asked.get(name);
    if (known !== undefined) return known;
    // Until the answer is known: a type may speak of itself.
    this.#asked.set(name, true);
    const bindings = this.#program.bindings.get(name);
    const answer = bindings
      ? !this.#program.imports.has(name) && bindings.every((binding) => this.#bindsType(binding))
      : BUILTIN_TYPES.has(name);
    // What was taken for a type because of this one has to be asked again.
    if (!answer) this.#asked.clear();
    this.#asked.set(name, answer);
    return answer;
  }

  #bindsType({ node, scope }: Binding): boolean {
    if (node.type === 'ClassDef' || node.type === 'TypeParameter') return true;
    if (node.type === 'TypeAlias') return this.isType(node.value);
    // A field that happens to be called like a type: `type: str` gives it no value.
    if (node.type === 'AnnotatedAssign' && scope === 'class' && node.value === null) return true;
    if (node.type === 'AnnotatedAssign' && node.value) return this.isTypeValue(node.value);
    return node.type === 'Assign' && node.targets.length === 1 && this.isTypeValue(node.value);
  }

  /** A type, or what makes one. `P = Union[Path]` would be Path itself, `T = type[int]` as good as `type`: those are no values. */
  isTypeValue(value: Expression): boolean {
    if (value.type === 'Constant' || value.type === 'Sequence') return false;
    if (value.type !== 'Call') return this.isType(value) && within(value).every((node) => this.#isValue(node));
    const kind = this.#program.imports.kindOf(value.callee);
    return kind === 'type-variable' || kind === 'namedtuple';
  }
}

const isValue = (node: Expression): boolean =>
  node.type === 'Constant' || (node.type === 'Operation' && node.operands.every(isValue));
