import { isObject } from '../aws/json.js';
import { AwsProblem, invalid } from '../aws/problem.js';

type Input = Readonly<Record<string, unknown>>;

export interface TextDemand {
  /** Without it the member may be left out. */
  required?: boolean;
  pattern?: RegExp;
  min?: number;
  max?: number;
}

/**
 * Reads members of a request as the Bedrock services demand them. What does not fit is collected and told all at once by
 * `check`, in their words; a value of a wrong type throws SerializationException.
 */
export class Demands {
  readonly #problems: { name: string; message: string }[] = [];

  text(input: Input, path: string, demand: TextDemand = {}): string | undefined {
    const { pattern, min = 0, max = Number.POSITIVE_INFINITY } = demand;
    const value = this.#read(input, path, demand.required);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') throw unreadable(path);
    if (value.length < min) this.refuse(path, value, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) this.refuse(path, value, `Member must have length less than or equal to ${max}`);
    if (pattern && !pattern.test(value)) {
      const source = pattern.source.replace(/^\^|\$$/g, '');
      this.refuse(path, value, `Member must satisfy regular expression pattern: ${source}`);
    }
    return value;
  }

  oneOf<const T extends string>(input: Input, path: string, values: readonly T[], required = false): T | undefined {
    const value = this.text(input, path, { required });
    const found = values.find((each) => each === value);
    if (value !== undefined && found === undefined) {
      this.refuse(path, value, `Member must satisfy enum value set: [${values.join(', ')}]`);
    }
    return found;
  }

  number(input: Input, path: string, min: number, max: number, required = false): number | undefined {
    const value = this.#read(input, path, required);
    if (value === undefined) return undefined;
    if (typeof value !== 'number') throw unreadable(path);
    if (value < min) this.refuse(path, value, `Member must have value greater than or equal to ${min}`);
    if (value > max) this.refuse(path, value, `Member must have value less than or equal to ${max}`);
    return value;
  }

  list(input: Input, path: string, min = 0, max = Number.POSITIVE_INFINITY, required = false): readonly unknown[] {
    const value = this.#read(input, path, required);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw unreadable(path);
    if (value.length < min) this.refuse(path, value, `Member must have length greater than or equal to ${min}`);
    if (value.length > max) this.refuse(path, value, `Member must have length less than or equal to ${max}`);
    return value;
  }

  /** An object, empty where there is none. */
  object(input: Input, path: string, required = false): Input {
    const value = this.#read(input, path, required);
    if (value === undefined) return {};
    if (!isObject(value)) throw unreadable(path);
    return value;
  }

  refuse(path: string, value: unknown, rule: string): void {
    const shown =
      value === undefined ? 'null' : `'${typeof value === 'object' ? JSON.stringify(value) : String(value)}'`;
    this.#problems.push({
      name: path,
      message: `Value ${shown} at '${path}' failed to satisfy constraint: ${rule}`,
    });
  }

  /** Throws ValidationException for everything noted so far. */
  check(): void {
    const count = this.#problems.length;
    if (count === 0) return;
    const messages = this.#problems.map(({ message }) => message).join('; ');
    throw invalid(`${count} validation error${count > 1 ? 's' : ''} detected: ${messages}`, {
      fieldList: this.#problems,
    });
  }

  /** The member that the last part of the path names. */
  #read(input: Input, path: string, required = false): unknown {
    const value = input[path.split('.').at(-1) ?? path] ?? undefined;
    if (value === undefined && required) this.refuse(path, undefined, 'Member must not be null');
    return value;
  }
}

const unreadable = (path: string) => new AwsProblem(400, 'SerializationException', `Unexpected value at ${path}`);
