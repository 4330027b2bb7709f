import { attributeIsAllowed, BUILTINS, BY_NAME, memberKind, membersOf, REFUSED_BUILTINS } from './allowed.js';
import { Annotations } from './annotations.js';
import { isRun } from './contract.js';
import { checkClassHead, checkDecorators, checkGlobals } from './definitions.js';
import type { Tell } from './findings.js';
import { checkForm, checkVariable, FORM_MESSAGES, type FormLimits, isPromptFile } from './forms.js';
import { isBuiltin, isText, type Program } from './program.js';
import {
  type Attribute,
  type Call,
  type ClassDef,
  childrenOf,
  type Expression,
  type FunctionDef,
  type Name,
  type Node,
  type Subscript,
} from './python/tree.js';
import { isPlainTemplate } from './templates.js';

/** Everything a program does with names, attributes and calls, against the lists of what it may. */
export class Policy {
  readonly #program: Program;
  readonly #limits: FormLimits;
  readonly #tell: Tell;
  readonly #annotations: Annotations;
  readonly #methods: ReadonlySet<string>;
  readonly #appName: string | undefined;

  constructor(program: Program, limits: FormLimits, appName: string | undefined, tell: Tell) {
    this.#program = program;
    this.#limits = limits;
    this.#appName = appName;
    this.#tell = tell;
    this.#annotations = new Annotations(program, tell);
    this.#methods = new Set([...limits.services.values()].flat());
  }

  check(): void {
    for (const statement of this.#program.statements) this.#visit(statement, undefined);
  }

  #visit(node: Node, parent: Node | undefined): void {
    switch (node.type) {
      case 'Import':
      case 'ImportFrom':
        return;
      case 'Name':
        this.#name(node);
        return;
      case 'Attribute':
        this.#attribute(node, parent);
        return;
      case 'Call':
        this.#call(node);
        return;
      case 'Subscript':
        this.#subscript(node);
        return;
      case 'PatternKeyword':
        this.#checkAttribute(node.name, node.line);
        break;
      case 'Assign':
      case 'Delete':
        for (const target of node.targets) {
          this.#target(target);
          if (target.type !== 'Name') this.#visit(target, node);
        }
        if (node.type === 'Assign') this.#assigned(node.value);
        return;
      case 'AugmentedAssign':
        this.#target(node.target);
        break;
      case 'For':
      case 'Clause':
        this.#target(node.target);
        break;
      case 'WithItem':
        if (node.target) this.#target(node.target);
        break;
      case 'AnnotatedAssign':
        this.#annotations.check(node.annotation);
        if (node.target.type !== 'Name') {
          this.#target(node.target);
          this.#visit(node.target, node);
        }
        if (node.value) this.#assigned(node.value);
        return;
      case 'Parameter':
        if (node.annotation) this.#annotations.check(node.annotation);
        if (node.default) this.#visit(node.default, node);
        return;
      case 'TypeParameter':
        if (node.bound) this.#annotations.check(node.bound);
        return;
      case 'Scoping':
        if (node.word === 'global') checkGlobals(node.names, node.line, this.#program, this.#tell);
        return;
      case 'TypeAlias':
        this.#annotations.check(node.value);
        return;
      case 'FunctionDef':
        this.#function(node);
        return;
      case 'ClassDef':
        this.#class(node);
        return;
      default:
    }
    for (const child of childrenOf(node)) this.#visit(child, node);
  }

  /** `JsonDict = dict[str, Any]` uses names that may stand in types only. */
  #assigned(value: Expression): void {
    if (!this.#annotations.isTypeValue(value) || value.type === 'Call' || value.type === 'Name')
      this.#visit(value, undefined);
  }

  #name(node: Name): void {
    const { id, line } = node;
    if (id === '__name__') return;
    if (id.startsWith('__')) {
      const [rule, message] =
        id === '__file__' ? FORM_MESSAGES['prompt-file'] : ['dunder-name', `"${id}" may not be used.`];
      this.#tell(rule ?? '', line, message ?? '');
      return;
    }
    const imported = this.#program.imports.resolve(node);
    if (imported) {
      if (imported.member === null) {
        this.#tell(
          'module-as-value',
          line,
          `The module "${id}" may only be used as in ${id}.name, not handed on or kept.`,
        );
      } else {
        this.#member(imported.module, imported.member, line);
      }
      return;
    }
    if (id === this.#appName) {
      this.#tell('app-form', line, `"${id}" may be used as @${id}.entrypoint and in ${id}.run() only.`);
      return;
    }
    const home = this.#program.names.homeOf(node);
    if (home === 'function') return;
    if (REFUSED_BUILTINS.has(id)) this.#tell('builtin-not-allowed', line, `"${id}" may not be used.`);
    else if (home === 'nowhere' && !BUILTINS.has(id))
      this.#tell('name-not-allowed', line, `"${id}" is not defined, or may not be used.`);
  }

  #member(module: string, member: string, line: number): void {
    const kind = memberKind(module, member);
    if (kind === 'plain') return;
    if (kind === undefined)
      this.#tell(
        'import-not-allowed',
        line,
        `"${module}.${member}" may not be used. Of it there may be: ${membersOf(module).join(', ')}.`,
      );
    else this.#tell(...withLine(FORM_MESSAGES[kind], line));
  }

  #checkAttribute(name: string, line: number): void {
    if (name.startsWith('_')) {
      this.#tell(
        'underscore-attribute',
        line,
        `Attributes that begin with an underscore may not be used: "${name}". Call your own without it.`,
      );
    } else if (!attributeIsAllowed(name, this.#methods, this.#program.ownAttributes)) {
      this.#tell(
        'attribute-not-allowed',
        line,
        `The attribute or method "${name}" may not be used. Those of Python's own values, of the allowed AWS clients and of this program's classes may.`,
      );
    }
  }

  #attribute(node: Attribute, parent: Node | undefined): void {
    const { object, name, line } = node;
    const imported = this.#program.imports.resolve(node);
    if (imported && imported.member !== null) {
      this.#member(imported.module, imported.member, line);
      return;
    }
    if (name === '__name__' && this.#isTypeOf(object)) return;
    if (this.#isSuper(object)) {
      if (name !== '__init__') this.#checkAttribute(name, line);
      return;
    }
    const called = parent?.type === 'Call' && parent.callee === node ? parent : undefined;
    if (name === 'format') {
      if (!called || !isPlainTemplate(object, this.#program)) {
        this.#tell(
          'format-template',
          line,
          'format may be called on a literal template only, with plain fields such as {name} or {0:.2f}. Use an f-string.',
        );
      }
    } else if (name === 'copy') {
      if (!called || called.arguments.length > 0)
        this.#tell('attribute-not-allowed', line, 'copy may be called only, without arguments.');
    } else {
      this.#checkAttribute(name, line);
    }
    this.#visit(object, node);
  }

  /** `type(x)`, of which the name may be asked. */
  #isTypeOf(object: Expression): boolean {
    if (object.type !== 'Call' || !isBuiltin(object.callee, 'type', this.#program)) return false;
    const [only, another] = object.arguments;
    if (!only || another || only.star !== '' || only.name !== null) return false;
    this.#visit(only.value, object);
    return true;
  }
  #isSuper(object: Expression): boolean {
    return object.type === 'Call' && object.arguments.length === 0 && isBuiltin(object.callee, 'super', this.#program);
  }

  #call(node: Call): void {
    const { callee } = node;
    if (isPromptFile(node, this.#program) || isRun(node, this.#appName)) return;
    if (callee.type === 'Name' && BY_NAME.has(callee.id) && isBuiltin(callee, callee.id, this.#program)) {
      this.#byName(node, callee.id);
      return;
    }
    const inEnvironment =
      callee.type === 'Attribute' &&
      callee.name === 'get' &&
      this.#program.imports.qualified(callee.object) === 'os.environ';
    const kind = inEnvironment ? 'environment' : this.#program.imports.kindOf(callee);
    const isCalled = inEnvironment || this.#program.imports.qualified(callee) !== 'os.environ';
    if (kind !== undefined && kind !== 'plain' && isCalled) {
      const rest = checkForm(kind, node, this.#program, this.#limits, this.#tell);
      if (rest) for (const part of rest) this.#visit(part, node);
      else this.#tell(...withLine(FORM_MESSAGES[kind], node.line));
      return;
    }
    for (const child of childrenOf(node)) this.#visit(child, node);
  }

  /** `getattr(x, "name")` is `x.name` in other words. */
  #byName({ arguments: given, line }: Call, builtin: string): void {
    const [object, name, ...rest] = given;
    const isPlain = given.every(({ star, name: keyword }) => star === '' && keyword === null);
    if (!object || !name || !isPlain || !isText(name.value) || rest.length > 1) {
      this.#tell('builtin-not-allowed', line, `"${builtin}" may be used with a literal name only.`);
      return;
    }
    this.#checkAttribute(name.value.text, line);
    for (const { value } of [object, ...rest]) this.#visit(value, undefined);
  }

  #subscript(node: Subscript): void {
    if (this.#program.imports.qualified(node.object) === 'os.environ') {
      const [name, another] = node.index;
      if (isText(name) && !another) checkVariable(name.text, node.line, this.#limits.environment, this.#tell);
      else this.#tell(...withLine(FORM_MESSAGES.environment, node.line));
      return;
    }
    for (const child of childrenOf(node)) this.#visit(child, node);
  }

  /** What gets a value must not belong to a module. */
  #target(target: Expression): void {
    if (target.type === 'Sequence') {
      for (const item of target.items) this.#target(item);
      return;
    }
    if (target.type === 'Starred') this.#target(target.value);
    if ((target.type === 'Attribute' || target.type === 'Subscript') && this.#program.imports.resolve(target.object)) {
      this.#tell('rebinds-import', target.line, 'Nothing that is imported may be changed.');
    }
  }

  #function(node: FunctionDef): void {
    for (const part of checkDecorators(node, this.#program, this.#tell)) this.#visit(part, undefined);
    for (const parameter of [...node.typeParameters, ...node.parameters]) this.#visit(parameter, node);
    if (node.returns) this.#annotations.check(node.returns);
    for (const statement of node.body) this.#visit(statement, node);
  }

  #class(node: ClassDef): void {
    for (const part of checkDecorators(node, this.#program, this.#tell)) this.#visit(part, undefined);
    for (const parameter of node.typeParameters) this.#visit(parameter, node);
    checkClassHead(node, this.#program, this.#annotations, this.#tell);
    for (const statement of node.body) this.#visit(statement, node);
  }
}

function withLine([rule, message]: readonly [string, string], line: number): [string, number, string] {
  return [rule, line, message];
}
