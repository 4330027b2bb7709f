/** What an expression may come to, as far as the program itself says. */
export interface Worth {
  /** The largest magnitude that is known; 0 when no number is. */
  readonly number: number;
  /** The largest length that is known, of texts and of what can be gone through; 0 when none is, Infinity when it never ends. */
  readonly length: number;
  /** It is made while one goes through it, and takes time rather than room. */
  readonly isLazy: boolean;
  /** Arithmetic with it is that of floats, which takes no time. */
  readonly isFloat: boolean;
  /** Nothing from outside has a part in it. */
  readonly isKnown: boolean;
}

export const NOTHING: Worth = { number: 0, length: 0, isLazy: false, isFloat: false, isKnown: true };
export const UNKNOWN: Worth = { ...NOTHING, isKnown: false };
export const numberOf = (number: number, isFloat = false): Worth => ({ ...NOTHING, number, isFloat });
export const lengthOf = (length: number, isLazy = false): Worth => ({ ...NOTHING, length, isLazy });

/** Any of them. */
export function either(worths: readonly Worth[]): Worth {
  return {
    number: Math.max(0, ...worths.map(({ number }) => number)),
    length: Math.max(0, ...worths.map(({ length }) => length)),
    isLazy: worths.some(({ isLazy }) => isLazy),
    isFloat: worths.length > 0 && worths.every(({ isFloat }) => isFloat),
    isKnown: worths.every(({ isKnown }) => isKnown),
  };
}

/** What a binary operator makes of both. */
export function joined(operator: string, left: Worth, right: Worth): Worth {
  const both = either([left, right]);
  const isFloat = left.isFloat || right.isFloat;
  switch (operator) {
    case '**':
      return { ...numberOf(isFloat ? 1 : power(left.number, right.number), isFloat), isKnown: both.isKnown };
    case '<<':
      return { ...numberOf(left.number * 2 ** right.number), isKnown: both.isKnown };
    case '*':
      return {
        ...{ number: product(left.number, right.number), isLazy: false, isFloat, isKnown: both.isKnown },
        length: Math.max(product(left.length, right.number), product(right.length, left.number)),
      };
    case '+':
    case '-':
    case '|':
    case '^':
      return { ...both, number: left.number + right.number, length: left.length + right.length, isFloat };
    case '&':
      return { ...both, number: Math.min(left.number, right.number) };
    case '%':
      return { ...both, number: right.number, isFloat };
    case '/':
      return numberWith(left, true, both.isKnown);
    case '//':
    case '>>':
      return numberWith(left, isFloat, both.isKnown);
    case 'and':
    case 'or':
      return both;
    default:
      // Comparisons.
      return numberOf(1);
  }
}

const numberWith = ({ number }: Worth, isFloat: boolean, isKnown: boolean): Worth => ({
  ...numberOf(number, isFloat),
  isKnown,
});
/** Infinity times nothing is nothing. */
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
const power = (base: number, exponent: number): number => (base <= 1 ? base : base ** exponent);
