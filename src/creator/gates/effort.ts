import { growingIn } from './doubling.js';
import { type Estimates, PADDING, type Step } from './estimates.js';
import type { Tell } from './findings.js';
import { isBuiltin, isText, type Program } from './program.js';
import { type Call, childrenOf, type Expression, type Node } from './python/tree.js';
import type { Worth } from './worth.js';

/** Far beyond keys, hashes and times in nanoseconds; what is larger is worked on digit by digit. */
const LARGEST_NUMBER = 1e100;
/** Characters or items at once. */
const LONGEST = 1_000_000;
/** Of a loop, and of all that are one within the other. */
const MOST_ROUNDS = 1_000_000;
/** `time.sleep` keeps a thread, and in a coroutine every caller. */
const LONGEST_WAITS_S: Readonly<Record<string, number>> = { 'asyncio.sleep': 60, 'time.sleep': 5 };
/** Digits of a width in a format: a hundred thousand blanks are none that anybody hears. */
const WIDE = /\d{6}/;
/** `1e999999999` is short as a text. */
const FAR_EXPONENT = /e[+-]?0*[1-9]\d{2}/i;

/** Those that take no more of an iterator than is asked for. */
const SPARING = new Set([
  'next',
  'iter',
  'zip',
  'map',
  'filter',
  'enumerate',
  'len',
  'itertools.islice',
  'itertools.takewhile',
  'itertools.cycle',
  'itertools.chain',
  'random.choice',
  'random.sample',
]);
const GROWS = 'This doubles or multiplies a value by itself in a loop. Let it grow by something else.';
const ARITHMETIC = new Set(['pow', 'math.factorial', 'math.comb', 'math.perm']);

/**
 * What would hold the interpreter, and every caller with it, or take all memory in a single step: Python gives such a step up for
 * no time-out. Arithmetic and repetition have bounds that the program itself shows.
 */
export function checkEffort(program: Program, estimates: Estimates, tell: Tell): void {
  const rules = new Effort(program, estimates, tell);
  for (const node of program.nodes) rules.check(node);
  for (const statement of program.statements) rules.checkRounds(statement, 1, false);
}

class Effort {
  readonly #program: Program;
  readonly #estimates: Estimates;
  readonly #tell: Tell;
  constructor(program: Program, estimates: Estimates, tell: Tell) {
    this.#program = program;
    this.#estimates = estimates;
    this.#tell = tell;
  }

  check(node: Node): void {
    switch (node.type) {
      case 'Constant':
        if (node.kind === 'number') this.#result(this.#estimates.of(node), node.line);
        return;
      case 'Operation':
        for (const step of this.#estimates.steps(node)) this.#step(step, node.line);
        this.#percent(node.operands, node.joints);
        return;
      case 'AugmentedAssign':
        this.#step(this.#estimates.assigned(node), node.line);
        return;
      case 'Call':
        this.#call(node);
        return;
      case 'Interpolation':
        if (
          node.spec?.parts.some((part) => part.type === 'Interpolation' && isOutside(this.#estimates.of(part.value)))
        ) {
          this.#repeated(node.line);
        }
        if (node.spec?.parts.some((part) => part.type === 'Constant' && WIDE.test(part.text))) this.#tooLong(node.line);
        return;
      case 'Starred':
        this.#goneThrough(node.value);
        return;
      default:
    }
  }

  /** Loops within loops, and values that a loop multiplies by themselves. */
  checkRounds(node: Node, outer: number, isLooped: boolean): void {
    let rounds = outer;
    if (node.type === 'For') rounds *= this.#length(node.iterable);
    if (node.type === 'Comprehension') rounds *= this.#estimates.rounds(node.clauses.map(({ iterable }) => iterable));
    const isEndlessFor = node.type === 'For' && this.#estimates.of(node.iterable).length === Infinity;
    if (rounds > MOST_ROUNDS && rounds > outer && !isEndlessFor) {
      this.#tell('too-many-rounds', node.line, `This goes round more than ${MOST_ROUNDS} times. Do less at once.`);
      rounds = 1;
    }
    if (isLooped && growsByItself(node)) {
      this.#tell('grows-in-loop', node.line, GROWS);
    }
    const growing = growingIn(node);
    if (growing !== undefined) this.#tell('grows-in-loop', growing, GROWS);
    const isLoop = isLooped || node.type === 'For' || node.type === 'While';
    for (const child of childrenOf(node)) this.checkRounds(child, isEndlessFor ? outer : rounds, isLoop);
  }
  /** A loop over what nobody knows counts as one round. */
  #length(iterable: Expression): number {
    return Math.max(1, this.#estimates.of(iterable).length);
  }

  #step({ operator, left, right, result }: Step, line: number): void {
    this.#result(result, line);
    const isPower = operator === '**' || operator === '<<';
    if (isPower && !right.isKnown && !left.isFloat && !right.isFloat) this.#unbounded(line);
    const isRepeated = left.length > 0 && !left.isLazy && right.length === 0 && right.number === 0 && !right.isKnown;
    if (operator === '*' && isRepeated) this.#repeated(line);
  }

  #call(call: Call): void {
    const { callee, arguments: given, line } = call;
    const { imports } = this.#program;
    const builtin = callee.type === 'Name' && isBuiltin(callee, callee.id, this.#program) ? callee.id : '';
    const name = imports.qualified(callee) ?? builtin;
    const worth = this.#estimates.of(call);
    if (!worth.isLazy) this.#result(worth, line);
    if (ARITHMETIC.has(name) && !worth.isKnown && given.length < 3 && !worth.isFloat) this.#unbounded(line);
    const [first, second] = given;
    const longestWaitS = LONGEST_WAITS_S[name];
    if (longestWaitS !== undefined && first && this.#estimates.of(first.value).number > longestWaitS) {
      this.#tell(
        'waits-too-long',
        line,
        `${name} may wait for ${longestWaitS} seconds: the caller hears nothing meanwhile.`,
      );
    }
    if (['decimal.Decimal', 'fractions.Fraction', 'float', 'int'].includes(name) && isText(first?.value)) {
      if (FAR_EXPONENT.test(first.value.text) || first.value.text.length > 100) this.#tooLarge(line);
    }
    const formatted =
      callee.type === 'Attribute' && callee.name === 'format'
        ? callee.object
        : name === 'format'
          ? second?.value
          : undefined;
    if (isText(formatted) && WIDE.test(formatted.text)) this.#tooLong(line);
    const isPadding = callee.type === 'Attribute' && PADDING.has(callee.name) && builtin === '';
    if (isPadding && first && isOutside(this.#estimates.of(first.value))) this.#repeated(line);
    if (!SPARING.has(name)) for (const { value } of given) this.#goneThrough(value);
  }

  /** As far as it goes, by whoever gets it. */
  #goneThrough(value: Expression): void {
    const { length, isLazy } = this.#estimates.of(value);
    if (!isLazy || length <= MOST_ROUNDS) return;
    if (length === Infinity) {
      this.#tell('endless-loop', value.line, 'This never ends: take some of it with itertools.islice.');
    } else {
      this.#tell('too-many-rounds', value.line, `This goes round more than ${MOST_ROUNDS} times. Do less at once.`);
    }
  }

  #percent([template]: readonly Expression[], [operator]: readonly string[]): void {
    if (operator === '%' && isText(template) && /%[-+ #0]*(\d{6}|\d*\.\d{6})/.test(template.text))
      this.#tooLong(template.line);
  }

  #result({ number, length, isFloat, isLazy }: Worth, line: number): void {
    if (!isFloat && number > LARGEST_NUMBER) this.#tooLarge(line);
    if (!isLazy && length > LONGEST) this.#tooLong(line);
  }
  #tooLarge(line: number): void {
    this.#tell(
      'number-too-large',
      line,
      'This number has more than a hundred digits. Nothing that is said on the telephone has.',
    );
  }
  #tooLong(line: number): void {
    this.#tell('too-much-memory', line, `This makes more than ${LONGEST} characters or items at once.`);
  }
  #repeated(line: number): void {
    this.#tell(
      'unbounded-length',
      line,
      'What comes from outside may make this as long as it likes. Bound it first: "x" * min(n, 40).',
    );
  }
  #unbounded(line: number): void {
    this.#tell(
      'unbounded-power',
      line,
      'What comes from outside may make this number as large as it likes. Bound it first: 2 ** min(n, 16), or calculate with float(…).',
    );
  }
}

const isOutside = ({ isKnown, number, length }: Worth): boolean => !isKnown && number === 0 && length === 0;

/** `x *= x`, `x **= 2`, `text = text + text`, `rows.extend(rows)`. */
function growsByItself(node: Node): boolean {
  switch (node.type) {
    case 'AugmentedAssign':
      return node.operator === '**' || (['*', '+'].includes(node.operator) && isSame(node.target, node.value));
    case 'Assign': {
      const [target] = node.targets;
      const { value } = node;
      if (target?.type !== 'Name' || value.type !== 'Operation') return false;
      const own = value.operands.filter((operand) => isSame(target, operand)).length;
      return (
        (own > 1 && value.joints.some((joint) => joint === '*' || joint === '+')) ||
        (own > 0 && value.joints.includes('**'))
      );
    }
    case 'Call':
      return (
        node.callee.type === 'Attribute' &&
        node.callee.name === 'extend' &&
        node.arguments.some(({ value }) => node.callee.type === 'Attribute' && isSame(node.callee.object, value))
      );
    default:
      return false;
  }
}
const isSame = (one: Expression, other: Expression): boolean =>
  one.type === 'Name' && other.type === 'Name' && one.id === other.id;
