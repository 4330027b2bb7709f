import { isMainGuard } from './contract.js';
import type { Tell } from './findings.js';
import { isPromptFile } from './forms.js';
import { isBuiltin, type Program } from './program.js';
import {
  type Call,
  type ClassDef,
  childrenOf,
  type Expression,
  type FunctionDef,
  type Node,
  type Statement,
  within,
} from './python/tree.js';

/**
 * AgentCore takes a snapshot of the process after the module has been loaded, and starts every session from it: what runs at import time
 * is the same for all callers. So there are definitions and constants at the module level, no clients, times, random numbers or work.
 */
export function checkImportTime(program: Program, tell: Tell): void {
  const rules = new ImportTime(program, tell);
  for (const statement of program.statements) rules.statement(statement, 'module');
}

const CALLS = new Set(
  `logging.getLogger logging.basicConfig logging.getLevelName logging.getLevelNamesMapping logging.info os.getenv
  bedrock_agentcore.BedrockAgentCoreApp bedrock_agentcore.runtime.BedrockAgentCoreApp re.compile re.escape decimal.Decimal
  fractions.Fraction datetime.date datetime.time datetime.datetime datetime.timedelta datetime.timezone zoneinfo.ZoneInfo
  textwrap.dedent textwrap.indent textwrap.fill collections.namedtuple collections.OrderedDict collections.defaultdict
  collections.Counter collections.deque collections.ChainMap types.MappingProxyType operator.itemgetter typing.TypeVar typing.ParamSpec enum.auto dataclasses.field json.dumps json.loads
  string.Template botocore.config.Config functools.partial math.sqrt math.log math.radians uuid.UUID uuid.uuid5 html.escape
  itertools.chain itertools.product`.split(/\s+/),
);
const BUILTIN_CALLS = new Set(
  'str int float bool bytes list dict set tuple frozenset sorted len max min sum range enumerate zip map filter any all abs round chr ord reversed'.split(
    ' ',
  ),
);
const METHODS = new Set(
  `join strip lstrip rstrip lower upper title capitalize split splitlines replace format encode decode items keys values get copy union
  setLevel total_seconds removeprefix removesuffix quantize isoformat fromkeys zfill group match hex title`.split(
    /\s+/,
  ),
);

class ImportTime {
  readonly #program: Program;
  readonly #tell: Tell;
  constructor(program: Program, tell: Tell) {
    this.#program = program;
    this.#tell = tell;
  }

  statement(statement: Statement, where: 'module' | 'class'): void {
    switch (statement.type) {
      case 'Import':
      case 'ImportFrom':
      case 'TypeAlias':
        return;
      case 'Plain':
        if (statement.word === 'pass') return;
        break;
      case 'Assign':
        this.#all([...statement.targets, statement.value]);
        return;
      case 'AugmentedAssign':
        this.#all([statement.target, statement.value]);
        return;
      case 'AnnotatedAssign':
        this.#all([statement.target, statement.value]);
        return;
      case 'FunctionDef':
        this.#definition(statement);
        return;
      case 'ClassDef':
        this.#all(statement.bases);
        for (const inner of statement.body) this.statement(inner, 'class');
        return;
      case 'ExpressionStatement':
        if (statement.value.type === 'Constant') return;
        if (where === 'module' && (this.#isSetUp(statement.value) || this.#isRun(statement.value))) {
          this.#expression(statement.value, undefined);
          return;
        }
        break;
      case 'If':
        if (where === 'module' && (this.#isStart(statement) || this.#isTypeChecking(statement))) return;
        break;
      default:
    }
    this.#tell(
      'module-level-code',
      statement.line,
      'At the module level there may be imports, constants, the set-up of logging, functions, classes and app.run() only. Move this into a function.',
    );
  }

  /** What is evaluated when a function is defined: defaults, not its body. */
  #definition({ parameters }: FunctionDef): void {
    this.#all(parameters.map((parameter) => parameter.default));
  }

  #isSetUp(value: Expression): boolean {
    if (value.type !== 'Call') return false;
    return (
      this.#program.imports.qualified(value.callee) === 'logging.basicConfig' ||
      (value.callee.type === 'Attribute' && value.callee.name === 'setLevel')
    );
  }
  #isRun(value: Expression): boolean {
    return (
      value.type === 'Call' &&
      value.callee.type === 'Attribute' &&
      value.callee.name === 'run' &&
      value.arguments.length === 0
    );
  }
  #isStart(statement: Statement): boolean {
    if (statement.type !== 'If' || !isMainGuard(statement)) return false;
    return statement.body.every((inner) => inner.type === 'ExpressionStatement' && this.#isRun(inner.value));
  }
  #isTypeChecking(statement: Statement): boolean {
    return (
      statement.type === 'If' &&
      this.#program.imports.qualified(statement.test) === 'typing.TYPE_CHECKING' &&
      [...statement.body, ...statement.otherwise].every(({ type }) => type === 'Import' || type === 'ImportFrom')
    );
  }

  #all(nodes: readonly (Node | null)[]): void {
    for (const node of nodes) if (node) this.#expression(node, undefined);
  }

  #expression(node: Node, parent: Node | undefined): void {
    if (node.type === 'Lambda') {
      for (const { default: value } of node.parameters) if (value) this.#expression(value, node);
      if (parent?.type === 'Argument') this.#expression(node.value, node);
      return;
    }
    if (node.type === 'Call') {
      if (isPromptFile(node, this.#program)) return;
      if (!this.#mayBeCalled(node)) {
        this.#tell(
          'module-level-code',
          node.line,
          'This is called when the module is loaded, once for all sessions. Call it inside of a function: clients, times, random values and work belong into the handler.',
        );
      }
      // What makes a field's default is called later.
      if (this.#program.imports.qualified(node.callee) === 'dataclasses.field') return;
    }
    for (const child of childrenOf(node)) this.#expression(child, node);
  }

  #mayBeCalled(call: Call): boolean {
    const { callee } = call;
    const { imports } = this.#program;
    const qualified = imports.qualified(callee);
    if (qualified !== undefined) return CALLS.has(qualified);
    if (callee.type === 'Attribute') {
      return METHODS.has(callee.name) || this.#isRun(call);
    }
    if (callee.type !== 'Name') return false;
    const ownClass = this.#program.classes.get(callee.id);
    if (ownClass) return isPlainClass(ownClass);
    const made = this.#program.valueOf(callee.id);
    if (made?.type === 'Call' && this.#program.imports.kindOf(made.callee) === 'namedtuple') return true;
    return BUILTIN_CALLS.has(callee.id) && isBuiltin(callee, callee.id, this.#program);
  }
}

/** A dataclass, a named tuple or an enumeration: making one runs no code of the program. */
function isPlainClass(definition: ClassDef): boolean {
  return definition.body.every(
    (statement) =>
      !(statement.type === 'FunctionDef' && ['__init__', '__post_init__'].includes(statement.name)) &&
      !within(statement).some(
        (node) => node.type === 'Argument' && node.name === 'default_factory' && node.value.type === 'Lambda',
      ),
  );
}
