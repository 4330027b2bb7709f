import { literal, unescaped } from './literals.js';
import { NotUnderstood, type Token } from './tokens.js';
import type { Argument, Clause, Constant, DictEntry, Expression, FString, Interpolation, Parameter } from './tree.js';

const UNARY = new Set(['not', '+', '-', '~']);
const BINARY = new Set('or and in is < > == != <= >= | ^ & << >> + - * @ / // % **'.split(' '));
const DEEPEST = 100;

/** Reads expressions out of the words of a program that ruff has found to be correct. What does not fit is NotUnderstood. */
export class ExpressionReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.ahead(0);
  }
  get position(): number {
    return this.#at;
  }
  ahead(count: number): Token {
    const token = this.#tokens[this.#at + count] ?? this.#tokens.at(-1);
    if (!token) throw new NotUnderstood('The program is empty.', 1);
    return token;
  }
  is(...kinds: readonly string[]): boolean {
    return kinds.includes(this.token.kind);
  }
  next(): Token {
    const token = this.token;
    this.#at++;
    return token;
  }
  take(kind: string): boolean {
    if (this.token.kind !== kind) return false;
    this.#at++;
    return true;
  }
  need(kind: string): Token {
    if (this.token.kind !== kind) throw this.notUnderstood();
    return this.next();
  }
  notUnderstood(): NotUnderstood {
    return new NotUnderstood(`"${this.token.text.slice(0, 40)}" is not understood here.`, this.token.line);
  }
  deeper<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new NotUnderstood('This is nested too deeply.', this.token.line);
    const value = read();
    this.#depth--;
    return value;
  }

  /** One expression, or a tuple without brackets. */
  list(one: () => Expression = () => this.starredOrNamed()): Expression {
    const { line } = this.token;
    const first = one();
    if (!this.is(',')) return first;
    const items = [first];
    while (this.take(',')) {
      if (this.#endsList()) break;
      items.push(one());
    }
    return { type: 'Sequence', kind: 'tuple', items, line };
  }
  #endsList(): boolean {
    return (
      this.is('newline', ';', '=', ':', ')', ']', '}', 'in', 'end', 'f-end', '!') ||
      /^[^=!<>]{1,2}=$/.test(this.token.kind)
    );
  }

  yieldOrList(): Expression {
    if (!this.is('yield')) return this.list();
    const { line } = this.next();
    if (this.take('from')) return { type: 'Yield', value: this.expression(), line };
    const value = this.#endsList() ? null : this.list();
    return { type: 'Yield', value, line };
  }

  starredOrNamed(): Expression {
    const { line } = this.token;
    if (this.take('*')) return { type: 'Starred', value: this.disjunction(), line };
    return this.named();
  }

  named(): Expression {
    const { line } = this.token;
    if (this.is('name') && this.ahead(1).kind === ':=') {
      const name = this.next().text;
      this.next();
      return { type: 'Walrus', name, value: this.expression(), line };
    }
    return this.expression();
  }

  expression(): Expression {
    return this.deeper(() => {
      if (this.is('lambda')) return this.#lambda();
      const then = this.disjunction();
      if (!this.take('if')) return then;
      const test = this.disjunction();
      this.need('else');
      return { type: 'Conditional', test, then, otherwise: this.expression(), line: then.line };
    });
  }

  #lambda(): Expression {
    const { line } = this.need('lambda');
    const parameters = this.parameters(':', false);
    this.need(':');
    return { type: 'Lambda', parameters, value: this.expression(), line };
  }

  /** Up to, not including, the closing word. */
  parameters(closing: string, annotated: boolean): Parameter[] {
    const parameters: Parameter[] = [];
    while (!this.is(closing)) {
      const { line } = this.token;
      const star = this.take('**') ? '**' : this.take('*') ? '*' : '';
      if (this.take('/') || (star === '*' && this.is(','))) {
        if (!this.is(closing)) this.need(',');
        continue;
      }
      const name = this.need('name').text;
      const annotation = annotated && this.take(':') ? this.starredOrNamed() : null;
      const value = this.take('=') ? this.expression() : null;
      parameters.push({ type: 'Parameter', star, name, annotation, default: value, line });
      if (!this.is(closing)) this.need(',');
    }
    return parameters;
  }

  /** Operators and their operands, up to what no operator follows. */
  disjunction(): Expression {
    const { line } = this.token;
    const operators: string[] = [];
    const joints: string[] = [];
    const operands: Expression[] = [];
    for (;;) {
      while (UNARY.has(this.token.kind)) operators.push(this.next().text);
      operands.push(this.#awaited());
      const operator = this.#binary();
      if (operator === undefined) break;
      operators.push(operator);
      joints.push(operator);
    }
    const [only] = operands;
    return only && operators.length === 0 ? only : { type: 'Operation', operators, joints, operands, line };
  }
  #binary(): string | undefined {
    if (this.is('not') && this.ahead(1).kind === 'in') {
      this.next();
      this.next();
      return 'not in';
    }
    if (!BINARY.has(this.token.kind)) return undefined;
    const operator = this.next().text;
    return operator === 'is' && this.take('not') ? 'is not' : operator;
  }
  #awaited(): Expression {
    const { line } = this.token;
    if (this.take('await')) return { type: 'Await', value: this.primary(), line };
    return this.primary();
  }

  /** An atom with what is called, indexed and asked of it. */
  primary(): Expression {
    return this.deeper(() => {
      let whole = this.#atom();
      for (let links = 0; this.is('.', '(', '['); links++) {
        if (links > DEEPEST) throw new NotUnderstood('This chain is too long.', this.token.line);
        const { line, kind } = this.next();
        if (kind === '.') {
          whole = { type: 'Attribute', object: whole, name: this.need('name').text, line };
        } else if (kind === '(') {
          whole = { type: 'Call', callee: whole, arguments: this.callArguments(), line: whole.line };
        } else {
          whole = { type: 'Subscript', object: whole, index: this.#index(), line };
        }
      }
      return whole;
    });
  }

  /** After the opening bracket; takes the closing one. */
  callArguments(): Argument[] {
    const given: Argument[] = [];
    while (!this.take(')')) {
      const { line } = this.token;
      const star = this.take('**') ? '**' : this.take('*') ? '*' : '';
      const name = star === '' && this.is('name') && this.ahead(1).kind === '=' ? this.next().text : null;
      if (name !== null) this.next();
      let value = this.named();
      if (this.is('for', 'async')) value = this.#comprehension([value], line);
      given.push({ type: 'Argument', star, name, value, line });
      if (!this.is(')')) this.need(',');
    }
    return given;
  }

  #index(): Expression[] {
    const items: Expression[] = [];
    while (!this.take(']')) {
      const { line } = this.token;
      const parts: Expression[] = [];
      let slices = 0;
      while (!this.is(',', ']')) {
        if (this.take(':')) slices++;
        else parts.push(this.starredOrNamed());
      }
      const [only] = parts;
      if (slices === 0 && parts.length !== 1) throw this.notUnderstood();
      items.push(slices === 0 && only ? only : { type: 'Slice', parts, line });
      if (!this.is(']')) this.need(',');
    }
    return items;
  }

  #comprehension(elements: readonly Expression[], line: number): Expression {
    const clauses: Clause[] = [];
    while (this.is('for', 'async')) {
      const start = this.token.line;
      this.take('async');
      this.need('for');
      const target = this.targets();
      this.need('in');
      const iterable = this.disjunction();
      const conditions: Expression[] = [];
      while (this.take('if')) conditions.push(this.#condition());
      clauses.push({ type: 'Clause', target, iterable, conditions, line: start });
    }
    return { type: 'Comprehension', elements, clauses, line };
  }
  #condition(): Expression {
    return this.is('name') && this.ahead(1).kind === ':=' ? this.named() : this.disjunction();
  }

  /** What a loop binds: no operators, so that `in` stays. */
  targets(): Expression {
    return this.list(() => {
      const { line } = this.token;
      if (this.take('*')) return { type: 'Starred', value: this.primary(), line };
      return this.primary();
    });
  }

  #atom(): Expression {
    const { kind, text, line } = this.token;
    switch (kind) {
      case 'name':
        this.next();
        return { type: 'Name', id: text, line };
      case 'number':
      case 'True':
      case 'False':
      case 'None':
      case '...':
        this.next();
        return { type: 'Constant', kind, text, line };
      case 'text':
      case 'f-start':
        return this.#strings();
      case '(':
        return this.#parenthesised();
      case '[':
        return this.#bracketed();
      case '{':
        return this.#braced();
      default:
        throw this.notUnderstood();
    }
  }

  /** Neighbouring literals are one. */
  #strings(): Expression {
    const { line } = this.token;
    const parts: (Constant | Interpolation)[] = [];
    let formatted = false;
    while (this.is('text', 'f-start')) {
      if (this.is('text')) {
        const token = this.next();
        parts.push({ type: 'Constant', ...literal(token.text), line: token.line });
      } else {
        formatted = true;
        parts.push(...this.#fString());
      }
    }
    const [first] = parts;
    if (formatted || first?.type !== 'Constant') return { type: 'FString', parts, line };
    return { ...first, text: parts.map((part) => (part.type === 'Constant' ? part.text : '')).join('') };
  }

  #fString(): (Constant | Interpolation)[] {
    const raw = /r/i.test(this.need('f-start').text);
    const parts = this.#pieces('f-end', raw);
    this.need('f-end');
    return parts;
  }

  /** Text and replacement fields, up to the closing word. */
  #pieces(closing: string, raw: boolean): (Constant | Interpolation)[] {
    const parts: (Constant | Interpolation)[] = [];
    while (!this.is(closing)) {
      const { line } = this.token;
      if (this.is('f-middle')) {
        const { text } = this.next();
        parts.push({ type: 'Constant', kind: 'str', text: raw ? text : unescaped(text), line });
      } else {
        parts.push(this.#interpolation(raw));
      }
    }
    return parts;
  }

  #interpolation(raw: boolean): Interpolation {
    return this.deeper(() => {
      const { line } = this.need('{');
      const value = this.yieldOrList();
      this.take('=');
      if (this.take('!')) this.need('name');
      let spec: FString | null = null;
      if (this.take(':')) spec = { type: 'FString', parts: this.#pieces('}', raw), line };
      this.need('}');
      return { type: 'Interpolation', value, spec, line };
    });
  }

  #parenthesised(): Expression {
    const { line } = this.need('(');
    if (this.take(')')) return { type: 'Sequence', kind: 'tuple', items: [], line };
    let inside = this.yieldOrList();
    if (this.is('for', 'async')) inside = this.#comprehension([inside], line);
    this.need(')');
    return inside;
  }

  #bracketed(): Expression {
    const { line } = this.need('[');
    return this.#items(']', 'list', line);
  }

  #items(closing: string, kind: 'list' | 'set', line: number): Expression {
    const items: Expression[] = [];
    while (!this.take(closing)) {
      const item = this.starredOrNamed();
      if (items.length === 0 && this.is('for', 'async')) {
        const comprehension = this.#comprehension([item], line);
        this.need(closing);
        return comprehension;
      }
      items.push(item);
      if (!this.is(closing)) this.need(',');
    }
    return { type: 'Sequence', kind, items, line };
  }

  #braced(): Expression {
    const { line } = this.need('{');
    const entries: DictEntry[] = [];
    while (!this.take('}')) {
      const start = this.token.line;
      if (this.take('**')) {
        entries.push({ type: 'DictEntry', key: null, value: this.disjunction(), line: start });
      } else {
        const key = this.starredOrNamed();
        if (!this.take(':')) {
          if (entries.length > 0) throw this.notUnderstood();
          return this.#set(key, line);
        }
        const value = this.expression();
        if (entries.length === 0 && this.is('for', 'async')) {
          const comprehension = this.#comprehension([key, value], line);
          this.need('}');
          return comprehension;
        }
        entries.push({ type: 'DictEntry', key, value, line: start });
      }
      if (!this.is('}')) this.need(',');
    }
    return { type: 'Dict', entries, line };
  }
  #set(first: Expression, line: number): Expression {
    if (this.is('for', 'async')) {
      const comprehension = this.#comprehension([first], line);
      this.need('}');
      return comprehension;
    }
    if (!this.is('}')) this.need(',');
    const rest = this.#items('}', 'set', line);
    if (rest.type !== 'Sequence') throw this.notUnderstood();
    return { ...rest, items: [first, ...rest.items] };
  }
}
