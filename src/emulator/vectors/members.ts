import { isObject } from '../aws/json.js';
import { type FieldProblem, unreadable, validation } from './problems.js';

type Input = Readonly<Record<string, unknown>>;

/**
 * Reads the members of a request as the service's model allows them. What is out of bounds is collected and told all at
 * once by `check`; a value of a wrong type throws SerializationException at once.
 */
export class Members {
  readonly #input: Input;
  readonly #path: string;
  readonly #problems: FieldProblem[];

  constructor(input: Input, path = '', problems: FieldProblem[] = []) {
    this.#input = input;
    this.#path = path;
    this.#problems = problems;
  }

  /** A text of `min` to `max` characters. */
  text(name: string, min: number, max: number): string {
    return this.optionalText(name, min, max) ?? this.#missing(name, '');
  }

  optionalText(name: string, min: number, max: number): string | undefined {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw unreadable();
    this.#checkLength(name, value.length, min, max);
    return value;
  }

  integer(name: string, min: number, max: number): number {
    return this.optionalInteger(name, min, max) ?? this.#missing(name, min);
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value)) throw unreadable();
    if (value < min || value > max) this.#refuse(name, `Member must be between ${min} and ${max}, inclusive`);
    return value;
  }

  /** One of the values; the first one once a problem is noted. */
  oneOf<const T extends string>(name: string, values: readonly [T, ...T[]]): T {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return this.#missing(name, values[0]);
    if (typeof value !== 'string') throw unreadable();
    const found = values.find((each) => each === value);
    if (found === undefined) this.#refuse(name, `Member must satisfy enum value set: [${values.join(', ')}]`);
    return found ?? values[0];
  }

  flag(name: string): boolean {
    const value = this.#input[name] ?? false;
    if (typeof value !== 'boolean') throw unreadable();
    return value;
  }

  /** A list of `min` to `max` elements. */
  list(name: string, min: number, max: number): readonly unknown[] {
    const value = this.#input[name] ?? undefined;
    if (value === undefined) return this.#missing(name, []);
    if (!Array.isArray(value)) throw unreadable();
    this.#checkLength(name, value.length, min, max);
    return value;
  }

  /** A list of texts of one length or another. */
  texts(name: string, count: { min: number; max: number }, length: { min: number; max: number }): readonly string[] {
    return this.list(name, count.min, count.max).map((value, position) => {
      if (typeof value !== 'string') throw unreadable();
      this.#checkLength(`${name}/${position}`, value.length, length.min, length.max);
      return value;
    });
  }

  structures(name: string, min: number, max: number): readonly Members[] {
    return this.list(name, min, max).map((value, position) => this.#within(`${name}/${position}`, value));
  }

  structure(name: string): Members | undefined {
    const value = this.#input[name] ?? undefined;
    return value === undefined ? undefined : this.#within(name, value);
  }

  /** A member that may be anything. */
  document(name: string): unknown {
    return this.#input[name] ?? undefined;
  }

  /** Whether the request has it at all. */
  has(name: string): boolean {
    return (this.#input[name] ?? undefined) !== undefined;
  }

  /** Notes that a member without which nothing can be done is not there. */
  require(name: string): void {
    if (!this.has(name)) this.#missing(name, undefined);
  }

  /** Throws ValidationException for everything noted so far. */
  check(): void {
    const problems = this.#problems;
    if (problems.length === 0) return;
    const detected = `${problems.length} validation error${problems.length > 1 ? 's' : ''} detected`;
    throw validation(`${detected}. ${problems.map(({ message }) => message).join('; ')}`, problems);
  }

  #within(name: string, value: unknown): Members {
    if (!isObject(value)) throw unreadable();
    return new Members(value, `${this.#path}/${name}`, this.#problems);
  }

  #checkLength(name: string, length: number, min: number, max: number): void {
    if (length >= min && length <= max) return;
    this.#refuse(name, `Member must have length between ${min} and ${max}, inclusive`, `Value with length ${length}`);
  }

  #missing<T>(name: string, substitute: T): T {
    this.#refuse(name, 'Member must not be null');
    return substitute;
  }

  #refuse(name: string, constraint: string, value = 'Value'): void {
    const path = `${this.#path}/${name}`;
    this.#problems.push({ path, message: `${value} at '${path}' failed to satisfy constraint: ${constraint}` });
  }
}

/**
 * The JSON object of a request. Half a surrogate pair, which JavaScript sends as an escape, is refused as the service does.
 * Throws SerializationException.
 */
export function readObject(body: Buffer): Input {
  const text = body.toString();
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable();
  }
  if (!isObject(value)) throw unreadable();
  if (/\\ud[89a-f]/i.test(text) && hasLoneSurrogate(value)) throw unreadable();
  return value;
}

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some((entry) => entry.some(hasLoneSurrogate));
}
