import type { CallSites } from './call-sites.js';
import { isTrue } from './contract.js';
import { isBuiltin, type Program } from './program.js';
import type { Binding } from './python/scopes.js';
import {
  type Argument,
  type AugmentedAssign,
  type Call,
  type Expression,
  type FunctionDef,
  type Name,
  type Node,
  type Operation,
  type Parameter,
  within,
} from './python/tree.js';
import { either, joined, lengthOf, NOTHING, numberOf, UNKNOWN, type Worth } from './worth.js';

/** From the loosest to the tightest; `**` alone goes from right to left. */
const PRECEDENCE = [
  ['or'],
  ['and'],
  ['in', 'not in', 'is', 'is not', '<', '>', '<=', '>=', '==', '!='],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '@', '/', '//', '%'],
  ['**'],
];
/** What a text of the caller, a list of an answer may have, where only its length is asked. */
const SOME_LENGTH = 10_000;
const SAME_LENGTH = new Set(['list', 'tuple', 'set', 'frozenset', 'sorted', 'dict']);
const SAME_LENGTH_LAZY = new Set(['iter', 'reversed', 'enumerate', 'map', 'filter']);
/** `iter(int, 1)`: what they make without arguments is always the same. */
const MAKERS = new Set(['bool', 'bytes', 'dict', 'float', 'int', 'list', 'object', 'set', 'str', 'tuple']);
export const PADDING = new Set(['ljust', 'rjust', 'center', 'zfill']);

/** One step of an operation: what the operator joins, and what comes of it. */
export interface Step {
  readonly operator: string;
  readonly left: Worth;
  readonly right: Worth;
  readonly result: Worth;
}

/**
 * Estimates what expressions come to, from the literals of a program and where its names get their values. It errs to the
 * large side where a name stands for several things, and says where something comes from outside.
 */
export class Estimates {
  readonly #program: Program;
  /** By expression, binding and attribute. */
  readonly #known = new Map<Expression | Binding | string, Worth>();
  readonly #sites: CallSites;
  readonly #endless: ReadonlySet<string>;

  constructor(program: Program, sites: CallSites) {
    this.#program = program;
    this.#sites = sites;
    const endless = program.nodes.filter((node) => node.type === 'FunctionDef' && isEndlessGenerator(node));
    this.#endless = new Set(endless.map((node) => (node.type === 'FunctionDef' ? node.name : '')));
  }

  of(node: Expression): Worth {
    return this.#once(node, () => this.#of(node));
  }
  #once(what: Expression | Binding | string, find: () => Worth): Worth {
    const known = this.#known.get(what);
    if (known) return known;
    // What refers to itself adds nothing the second time.
    this.#known.set(what, NOTHING);
    const worth = find();
    this.#known.set(what, worth);
    return worth;
  }

  /** The steps of an operation, in the order of Python's precedence; the last one is the whole. */
  steps({ joints, operands }: Operation): Step[] {
    const steps: Step[] = [];
    const join = (from: number, to: number): Worth => {
      const first = operands[from];
      if (from === to || !first) return first ? this.of(first) : NOTHING;
      const at = loosest(joints, from, to);
      const operator = joints[at] ?? '';
      const left = join(from, at);
      const right = join(at + 1, to);
      const result = joined(operator, left, right);
      steps.push({ operator, left, right, result });
      return result;
    };
    join(0, operands.length - 1);
    return steps;
  }

  /** `target += value` */
  assigned({ operator, target, value }: AugmentedAssign): Step {
    const [left, right] = [this.of(target), this.of(value)];
    return { operator, left, right, result: joined(operator, left, right) };
  }

  #of(node: Expression): Worth {
    switch (node.type) {
      case 'Constant':
        return constant(node.kind, node.text);
      case 'FString':
        return { ...UNKNOWN, length: 1 };
      case 'Name':
        return this.#name(node);
      case 'Operation':
        return this.steps(node).at(-1)?.result ?? this.of(node.operands[0] ?? node);
      case 'Conditional':
        return either([this.of(node.then), this.of(node.otherwise)]);
      case 'Walrus':
      case 'Starred':
        return this.of(node.value);
      case 'Sequence':
        return lengthOf(
          node.items.reduce((sum, item) => sum + (item.type === 'Starred' ? this.of(item).length : 1), 0),
        );
      case 'Dict':
        return lengthOf(node.entries.length);
      case 'Comprehension':
        return lengthOf(this.rounds(node.clauses.map(({ iterable }) => iterable)));
      case 'Call':
        return this.#call(node);
      case 'Attribute':
        return this.#once(`attribute ${node.name}`, () => this.#attribute(node.name));
      default:
        return UNKNOWN;
    }
  }

  /** How often something is done that goes through all of these, one within the other. */
  rounds(iterables: readonly Expression[]): number {
    return iterables.reduce((product, iterable) => product * Math.max(1, this.of(iterable).length), 1);
  }

  #name(name: Name): Worth {
    const bindings = this.#program.names.bindingsOf(name);
    if (bindings.length === 0) return UNKNOWN;
    return either(bindings.map((binding) => this.#once(binding, () => this.#bound(binding))));
  }

  /** Of whatever object: all that the program gives to an attribute of this name. */
  #attribute(name: string): Worth {
    const given = this.#program.nodes.flatMap((node) => {
      if (node.type !== 'Assign' && node.type !== 'AnnotatedAssign') return [];
      const targets = node.type === 'Assign' ? node.targets : [node.target];
      const isMeant = targets.some((target) => target.type === 'Attribute' && target.name === name);
      return isMeant && node.value ? [this.of(node.value)] : [];
    });
    return given.length > 0 ? either(given) : UNKNOWN;
  }

  #bound({ name, node }: Binding): Worth {
    switch (node.type) {
      case 'Assign':
        return node.targets.some((target) => target.type === 'Name' && target.id === name)
          ? this.of(node.value)
          : this.#unpacked(node.targets, node.value, name);
      case 'AnnotatedAssign':
        return node.value ? this.of(node.value) : NOTHING;
      case 'AugmentedAssign':
        return this.of(node.value);
      case 'Walrus':
        return this.of(node.value);
      case 'For':
      case 'Clause':
        return node.target.type === 'Name' ? this.#element(node.iterable) : UNKNOWN;
      case 'Parameter':
        return this.#parameter(node);
      default:
        return UNKNOWN;
    }
  }

  #unpacked(targets: readonly Expression[], value: Expression, name: string): Worth {
    const [target] = targets;
    if (target?.type !== 'Sequence' || value.type !== 'Sequence') return UNKNOWN;
    const index = target.items.findIndex((item) => item.type === 'Name' && item.id === name);
    const item = value.items[index];
    return item ? this.of(item) : UNKNOWN;
  }

  /** One of what is gone through. */
  #element(iterable: Expression): Worth {
    if (iterable.type === 'Call' && isBuiltin(iterable.callee, 'range', this.#program)) {
      return either(iterable.arguments.map(({ value }) => this.of(value)));
    }
    const items = iterable.type === 'Name' ? this.#program.valueOf(iterable.id) : iterable;
    return items?.type === 'Sequence' ? either(items.items.map((item) => this.of(item))) : UNKNOWN;
  }

  #parameter(parameter: Parameter): Worth {
    const given = this.#sites.argumentsOf(parameter);
    if (given) return either(given.map((value) => this.of(value)));
    return parameter.default ? either([this.of(parameter.default), UNKNOWN]) : UNKNOWN;
  }

  #call(call: Call): Worth {
    const { callee, arguments: given } = call;
    const worths = given.map(({ value }) => this.of(value));
    const [first = NOTHING, second = NOTHING] = worths;
    if (callee.type === 'Name' && this.#endless.has(callee.id)) return lengthOf(Infinity, true);
    const qualified = this.#program.imports.qualified(callee);
    if (qualified !== undefined) return this.#imported(qualified, given, worths);
    if (callee.type === 'Attribute') {
      if (PADDING.has(callee.name)) return { ...first, number: 0, length: first.number };
      return callee.name === 'to_bytes' ? lengthOf(first.number) : UNKNOWN;
    }
    const name = callee.type === 'Name' && this.#program.names.homeOf(callee) === 'nowhere' ? callee.id : '';
    if (SAME_LENGTH.has(name)) return { ...first, number: 0, isLazy: false };
    if (name === 'iter' && given.length === 2) {
      const [maker] = given;
      const isConstant = maker?.value.type === 'Name' && MAKERS.has(maker.value.id);
      return isConstant ? lengthOf(Infinity, true) : UNKNOWN;
    }
    if (SAME_LENGTH_LAZY.has(name)) return { ...(worths.at(-1) ?? NOTHING), number: 0, isLazy: true };
    switch (name) {
      case 'range':
        return { ...either(worths), number: 0, length: rangeLength(given, worths), isLazy: true };
      case 'zip':
        return lengthOf(Math.min(...worths.map(({ length, isKnown }) => (isKnown || length > 0 ? length : 1))), true);
      case 'len':
        return numberOf(first.isKnown ? first.length : Math.max(first.length, SOME_LENGTH));
      case 'min': {
        const bounds = worths.filter(({ isKnown }) => isKnown);
        return bounds.length > 0 ? numberOf(Math.min(...bounds.map(({ number }) => number))) : UNKNOWN;
      }
      case 'max':
      case 'abs':
      case 'round':
      case 'divmod':
        return either(worths);
      case 'int':
        return given.length === 1
          ? { ...first, length: 0, isFloat: false, isKnown: first.isKnown && first.length === 0 }
          : UNKNOWN;
      case 'float':
        return { ...first, length: 0, isFloat: true };
      case 'bool':
        return numberOf(1);
      case 'ord':
        return numberOf(0x10_ffff);
      case 'pow':
        return given.length === 2 ? joined('**', first, second) : UNKNOWN;
      case 'bytes':
      case 'bytearray':
        return { ...first, number: 0, length: Math.max(first.number, first.length), isLazy: false };
      default:
        return UNKNOWN;
    }
  }

  #imported(qualified: string, given: readonly Argument[], worths: readonly Worth[]): Worth {
    const [first = NOTHING, second = NOTHING] = worths;
    const named = (name: string) => given.findIndex((argument) => argument.name === name);
    const { isKnown } = either(worths);
    switch (qualified) {
      case 'itertools.count':
      case 'itertools.cycle':
        return lengthOf(Infinity, true);
      case 'itertools.repeat':
        return lengthOf(given.length > 1 ? second.number : Infinity, true);
      case 'itertools.islice':
        return {
          ...either(worths.slice(1)),
          number: 0,
          length: Math.max(...worths.slice(1).map((each) => each.number)),
          isLazy: true,
        };
      case 'itertools.chain':
        return lengthOf(
          worths.reduce((sum, { length }) => sum + length, 0),
          true,
        );
      case 'itertools.product': {
        const repeat = named('repeat');
        const pools = worths.filter((_, index) => index !== repeat);
        const once = pools.reduce((product, { length }) => product * Math.max(1, length), 1);
        const times = repeat < 0 ? 1 : (worths[repeat]?.number ?? 1);
        return lengthOf(once ** times, true);
      }
      case 'itertools.permutations':
        return lengthOf(arrangements(first.length, given.length > 1 ? second.number : first.length), true);
      case 'itertools.combinations':
        return lengthOf(Math.min(2 ** first.length, arrangements(first.length, second.number)), true);
      case 'math.factorial':
        return { ...numberOf(arrangements(first.number, first.number)), isKnown };
      case 'math.perm':
      case 'math.comb':
        return { ...numberOf(arrangements(first.number, given.length > 1 ? second.number : first.number)), isKnown };
      case 'random.randint':
      case 'random.randrange':
      case 'secrets.randbelow':
        return either(worths);
      case 'decimal.Decimal':
      case 'fractions.Fraction':
        return { ...first, length: 0, isKnown: isKnown && first.length === 0 };
      case 'secrets.token_hex':
      case 'secrets.token_urlsafe':
        return lengthOf(2 * first.number);
      case 'os.environ.get':
      case 'os.getenv':
        return UNKNOWN;
      default:
        return qualified.startsWith('math.') ? numberOf(1, true) : UNKNOWN;
    }
  }
}

/** Where an operation falls apart first: the last of the loosest, or the first of powers. */
function loosest(joints: readonly string[], from: number, to: number): number {
  const own = joints.slice(from, to);
  const level = PRECEDENCE.find((operators) => own.some((joint) => operators.includes(joint))) ?? [];
  const isHere = (joint: string) => level.includes(joint);
  return from + (level.includes('**') ? own.findIndex(isHere) : own.findLastIndex(isHere));
}

function constant(kind: string, text: string): Worth {
  if (kind === 'str' || kind === 'bytes') return lengthOf(text.length);
  if (kind !== 'number') return numberOf(1);
  const plain = text.replaceAll('_', '').toLowerCase();
  const isFloat = !/^0[xob]/.test(plain) && /[.ej]/.test(plain);
  return numberOf(isFloat ? Number.parseFloat(plain) : Number(plain), isFloat);
}

/** Between literals exactly; else as if it began at nought. */
function rangeLength(given: readonly Argument[], worths: readonly Worth[]): number {
  const [from, to] = given.map(({ value }) =>
    value.type === 'Constant' ? Number(value.text.replaceAll('_', '')) : Number.NaN,
  );
  const step = Math.max(1, worths[2]?.number ?? 1);
  const distance = Math.abs((to ?? 0) - (from ?? 0));
  return (Number.isNaN(distance) ? (worths[1] ?? worths[0] ?? NOTHING).number : distance) / step;
}

/** How many ways there are to put so many of them in a row. */
function arrangements(of: number, taken: number): number {
  let count = 1;
  for (let left = of; left > of - taken && left > 0 && Number.isFinite(count); left--) count *= left;
  return count;
}

/** A generator of which the loop never ends by itself. */
function isEndlessGenerator({ body }: FunctionDef): boolean {
  return body.some(
    (statement) =>
      statement.type === 'While' &&
      isTrue(statement.test) &&
      within(statement).some(({ type }) => type === 'Yield') &&
      !within(statement).some((node) => node.type === 'Return' || node.type === 'Raise' || isBreak(node)),
  );
}
const isBreak = (node: Node): boolean => node.type === 'Plain' && node.word === 'break';
