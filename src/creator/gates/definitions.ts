import { BUILTIN_TYPES, memberKind } from './allowed.js';
import type { Annotations } from './annotations.js';
import type { Tell } from './findings.js';
import { decoratorName } from './forms.js';
import { isBuiltin, type Program } from './program.js';
import type { Binding } from './python/scopes.js';
import type { Argument, ClassDef, Expression, FunctionDef, Node } from './python/tree.js';

/** Decorators, and which keyword arguments they take. */
const DECORATORS: Readonly<Record<string, readonly string[]>> = {
  'abc.abstractmethod': [],
  'contextlib.asynccontextmanager': [],
  'contextlib.contextmanager': [],
  'dataclasses.dataclass': ['frozen', 'slots', 'kw_only', 'order', 'eq', 'repr', 'init'],
  'enum.unique': [],
  'functools.cache': [],
  'functools.cached_property': [],
  'functools.lru_cache': ['maxsize', 'typed'],
  'strands.tool': ['name', 'description'],
  'typing.runtime_checkable': [],
};
const BUILTIN_DECORATORS = ['staticmethod', 'classmethod', 'property'];
/** Methods that Python calls by itself and that a program may have. */
const DUNDER_METHODS = new Set(
  '__init__ __post_init__ __str__ __repr__ __eq__ __lt__ __hash__ __len__ __bool__ __iter__ __next__ __contains__ __getitem__ __call__ __enter__ __exit__ __aenter__ __aexit__ __aiter__ __anext__'.split(
    ' ',
  ),
);
const BASES = new Set(['abc.ABC', 'json.JSONEncoder']);

/** Answers the parts of the decorators that are still to be looked at. */
export function checkDecorators(node: FunctionDef | ClassDef, program: Program, tell: Tell): readonly Node[] {
  return node.decorators.flatMap((decorator): readonly Node[] => {
    const given = decorator.type === 'Call' ? decorator.arguments : [];
    const callee = decoratorName(decorator);
    if (
      decorator.type !== 'Call' &&
      (isBuiltinDecorator(callee, program) || isOfProperty(callee, node, program) || isEntrypoint(callee, program))
    ) {
      return [];
    }
    const keywords = DECORATORS[program.imports.qualified(callee) ?? ''];
    if (keywords && given.every((argument) => isPlain(argument, keywords))) return [];
    tell(
      'decorator-not-allowed',
      decorator.line,
      `This decorator may not be used. Allowed are @app.entrypoint, ${[...BUILTIN_DECORATORS, 'contextmanager', 'dataclass', 'lru_cache', 'cached_property'].join(', ')} and Strands' tool, with literal arguments.`,
    );
    return [];
  });
}
const isPlain = ({ star, name, value }: Argument, keywords: readonly string[]): boolean =>
  star === '' && name !== null && keywords.includes(name) && value.type === 'Constant';
const isBuiltinDecorator = (callee: Expression, program: Program): boolean =>
  BUILTIN_DECORATORS.some((name) => isBuiltin(callee, name, program));
/** `@total.setter` above the method `total`. */
const isOfProperty = (callee: Expression, node: FunctionDef | ClassDef, program: Program): boolean =>
  callee.type === 'Attribute' &&
  ['setter', 'getter', 'deleter'].includes(callee.name) &&
  callee.object.type === 'Name' &&
  callee.object.id === node.name &&
  program.names.homeOf(callee.object) === 'class';
const isEntrypoint = (callee: Expression, program: Program): boolean =>
  callee.type === 'Attribute' &&
  callee.name === 'entrypoint' &&
  callee.object.type === 'Name' &&
  appOf(callee.object.id, program);
const appOf = (name: string, program: Program): boolean => {
  const value = program.valueOf(name);
  return value?.type === 'Call' && program.imports.kindOf(value.callee) === 'app';
};

export function checkClassHead(node: ClassDef, program: Program, annotations: Annotations, tell: Tell): void {
  for (const base of node.bases) {
    if (
      base.name === null
        ? base.star === '' && isBase(base.value, program, annotations)
        : base.name === 'total' && base.value.type === 'Constant'
    ) {
      continue;
    }
    tell(
      'base-class-not-allowed',
      base.line,
      'Base classes may be classes of this program, exceptions, Enum, TypedDict, NamedTuple, Protocol, Generic, ABC and json.JSONEncoder; there may be no metaclass.',
    );
  }
}
function isBase(base: Expression, program: Program, annotations: Annotations): boolean {
  if (base.type === 'Subscript') return isBase(base.object, program, annotations) && annotations.isType(base);
  const name = program.imports.qualified(base);
  if (name !== undefined) {
    const [, member = ''] = /\.([^.]+)$/.exec(name) ?? [];
    const kind = memberKind(name.slice(0, -member.length - 1), member);
    return kind === 'base' || BASES.has(name) || /^botocore\.exceptions\./.test(name);
  }
  if (base.type !== 'Name') return false;
  const bindings = program.bindings.get(base.id);
  if (!bindings) return BUILTIN_TYPES.has(base.id) && base.id !== 'type';
  return bindings.every((binding) => binding.node.type === 'ClassDef');
}

/** Names that are given a meaning: none of an import, of the app, or of Python's inner workings. */
export function checkBindings(program: Program, appName: string | undefined, tell: Tell): void {
  for (const [name, bindings] of program.bindings) {
    const imported = program.imports.has(name);
    for (const binding of bindings) {
      const isImport = binding.node.type === 'Alias';
      if (imported && !isImport && !mayShadow(binding, program)) {
        tell(
          'rebinds-import',
          binding.line,
          `"${name}" is imported and may mean nothing else in this program. Choose another name.`,
        );
      }
      if (isImport && binding.scope === 'class')
        tell('import-not-allowed', binding.line, 'Imports do not belong into a class.');
      if (name.startsWith('__') && !isDunderMethod(binding))
        tell('dunder-name', binding.line, `"${name}" may not be defined.`);
    }
    if (name === appName && bindings.length > 1) {
      tell('rebinds-app', bindings[1]?.line ?? null, `"${name}" is the app and may mean nothing else in this program.`);
    }
  }
}
/** A parameter or local variable called like a harmless import, or the field of a dataclass, which binds nothing. */
const mayShadow = ({ name, scope, node }: Binding, program: Program): boolean =>
  (program.imports.mayBeShadowed(name) && (scope === 'function' || scope === 'comprehension')) ||
  (scope === 'class' && node.type === 'AnnotatedAssign' && node.value === null);
const isDunderMethod = ({ node, name, scope }: Binding): boolean =>
  scope === 'class' && node.type === 'FunctionDef' && DUNDER_METHODS.has(name);

/** `global` is for the program's own variables. */
export function checkGlobals(names: readonly string[], line: number, program: Program, tell: Tell): void {
  for (const name of names) {
    if (
      !program.bindings
        .get(name)
        ?.some(({ scope, node }) => scope === 'module' && (node.type === 'Assign' || node.type === 'AnnotatedAssign'))
    ) {
      tell(
        'global-not-allowed',
        line,
        `"global ${name}": only a variable that has a value at the module level may be changed.`,
      );
    }
  }
}
