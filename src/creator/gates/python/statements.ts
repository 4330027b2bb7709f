import { ExpressionReader } from './expressions.js';
import { readPatterns } from './patterns.js';
import type { Token } from './tokens.js';
import type { Alias, Case, Expression, Handler, Statement, TypeParameter, WithItem } from './tree.js';

/** The program as a tree. Expects words that ruff has accepted; NotUnderstood for anything that is new to this reader. */
export function readProgram(tokens: readonly Token[]): Statement[] {
  return new StatementReader(tokens).program();
}

class StatementReader extends ExpressionReader {
  program(): Statement[] {
    const statements: Statement[] = [];
    while (!this.is('end')) statements.push(...this.#statement());
    return statements;
  }

  #block(): Statement[] {
    return this.deeper(() => {
      this.need(':');
      if (!this.take('newline')) return this.#simpleLine();
      this.need('indent');
      const statements: Statement[] = [];
      while (!this.take('dedent')) statements.push(...this.#statement());
      return statements;
    });
  }

  #statement(): Statement[] {
    if (this.take('newline')) return [];
    const compound = this.#compound();
    return compound ? [compound] : this.#simpleLine();
  }

  #compound(): Statement | undefined {
    switch (this.token.kind) {
      case 'if':
        return this.#if();
      case 'while':
        return this.#while();
      case 'for':
        return this.#for();
      case 'try':
        return this.#try();
      case 'with':
        return this.#with();
      case 'match':
        return this.#match();
      case '@':
      case 'def':
      case 'class':
        return this.#definition();
      case 'async':
        if (this.ahead(1).kind === 'def') return this.#definition();
        this.next();
        return this.is('for') ? this.#for() : this.#with();
      default:
        return undefined;
    }
  }

  #if(): Statement {
    const { line } = this.next();
    const test = this.named();
    const body = this.#block();
    const otherwise = this.is('elif') ? [this.deeper(() => this.#if())] : this.#else();
    return { type: 'If', test, body, otherwise, line };
  }
  #else(): Statement[] {
    return this.take('else') ? this.#block() : [];
  }
  #while(): Statement {
    const { line } = this.next();
    return { type: 'While', test: this.named(), body: this.#block(), otherwise: this.#else(), line };
  }
  #for(): Statement {
    const { line } = this.need('for');
    const target = this.targets();
    this.need('in');
    const iterable = this.list();
    return { type: 'For', target, iterable, body: this.#block(), otherwise: this.#else(), line };
  }

  #try(): Statement {
    const { line } = this.next();
    const body = this.#block();
    const handlers: Handler[] = [];
    while (this.is('except')) {
      const start = this.next().line;
      this.take('*');
      const exception = this.is(':') ? null : this.list();
      const name = this.take('as') ? this.need('name').text : null;
      handlers.push({ type: 'Handler', exception, name, body: this.#block(), line: start });
    }
    const otherwise = this.#else();
    const last = this.take('finally') ? this.#block() : [];
    return { type: 'Try', body, handlers, otherwise, last, line };
  }

  #with(): Statement {
    const { line } = this.need('with');
    const bracketed = this.is('(') && this.#closesBeforeColon();
    if (bracketed) this.next();
    const items: WithItem[] = [];
    do {
      if (bracketed && this.is(')')) break;
      const start = this.token.line;
      const context = this.starredOrNamed();
      const target = this.take('as') ? this.#oneTarget() : null;
      items.push({ type: 'WithItem', context, target, line: start });
    } while (this.take(','));
    if (bracketed) this.need(')');
    return { type: 'With', items, body: this.#block(), line };
  }
  #oneTarget(): Expression {
    return this.primary();
  }
  /** Brackets around all that is entered, not around the first expression only. */
  #closesBeforeColon(): boolean {
    let depth = 0;
    for (let count = 0; this.ahead(count).kind !== 'end'; count++) {
      const { kind } = this.ahead(count);
      if (['(', '[', '{'].includes(kind)) depth++;
      if ([')', ']', '}'].includes(kind) && --depth === 0) return this.ahead(count + 1).kind === ':';
    }
    return false;
  }

  #match(): Statement {
    const { line } = this.next();
    const subject = this.list();
    this.need(':');
    this.need('newline');
    this.need('indent');
    const cases: Case[] = [];
    while (!this.take('dedent')) {
      const start = this.need('case').line;
      const pattern = readPatterns(this);
      const guard = this.take('if') ? this.named() : null;
      cases.push({ type: 'Case', pattern, guard, body: this.#block(), line: start });
    }
    return { type: 'Match', subject, cases, line };
  }

  #definition(): Statement {
    const decorators: Expression[] = [];
    while (this.take('@')) {
      decorators.push(this.named());
      this.need('newline');
    }
    if (this.is('class')) return this.#class(decorators);
    this.take('async');
    const { line } = this.need('def');
    const name = this.need('name').text;
    const typeParameters = this.#typeParameters();
    this.need('(');
    const parameters = this.parameters(')', true);
    this.need(')');
    const returns = this.take('->') ? this.list() : null;
    return { type: 'FunctionDef', name, decorators, typeParameters, parameters, returns, body: this.#block(), line };
  }
  #class(decorators: readonly Expression[]): Statement {
    const { line } = this.need('class');
    const name = this.need('name').text;
    const typeParameters = this.#typeParameters();
    const bases = this.take('(') ? this.callArguments() : [];
    return { type: 'ClassDef', name, decorators, typeParameters, bases, body: this.#block(), line };
  }
  #typeParameters(): TypeParameter[] {
    const parameters: TypeParameter[] = [];
    if (!this.take('[')) return parameters;
    while (!this.take(']')) {
      const { line } = this.token;
      if (!this.take('**')) this.take('*');
      const name = this.need('name').text;
      const bound = this.take(':') ? this.expression() : null;
      parameters.push({ type: 'TypeParameter', name, bound, line });
      if (!this.is(']')) this.need(',');
    }
    return parameters;
  }

  #simpleLine(): Statement[] {
    const statements: Statement[] = [];
    do {
      if (this.is('newline')) break;
      statements.push(this.#simple());
    } while (this.take(';'));
    this.need('newline');
    return statements;
  }

  #simple(): Statement {
    const { kind, line } = this.token;
    switch (kind) {
      case 'pass':
      case 'break':
      case 'continue':
        this.next();
        return { type: 'Plain', word: kind, line };
      case 'return':
        this.next();
        return { type: 'Return', value: this.#endsStatement() ? null : this.list(), line };
      case 'raise':
        return { type: 'Raise', parts: this.#parts('from'), line };
      case 'assert':
        return { type: 'Assert', parts: this.#parts(','), line };
      case 'del':
        this.next();
        return { type: 'Delete', targets: [this.list()], line };
      case 'global':
      case 'nonlocal':
        return { type: 'Scoping', word: kind, names: this.#names(), line };
      case 'import':
        this.next();
        return { type: 'Import', names: this.#aliases(), line };
      case 'from':
        return this.#importFrom();
      case 'type':
        return this.#typeAlias();
      default:
        return this.#assignment();
    }
  }
  #endsStatement(): boolean {
    return this.is('newline', ';');
  }
  #parts(separator: string): Expression[] {
    this.next();
    const parts: Expression[] = [];
    if (this.#endsStatement()) return parts;
    do parts.push(this.expression());
    while (this.take(separator));
    return parts;
  }
  #names(): string[] {
    this.next();
    const names: string[] = [];
    do names.push(this.need('name').text);
    while (this.take(','));
    return names;
  }

  #dottedName(): string {
    let name = this.need('name').text;
    while (this.take('.')) name += `.${this.need('name').text}`;
    return name;
  }
  #aliases(): Alias[] {
    const aliases: Alias[] = [];
    do {
      if (this.is(')')) break;
      const { line } = this.token;
      const name = this.take('*') ? '*' : this.#dottedName();
      const as = this.take('as') ? this.need('name').text : null;
      aliases.push({ type: 'Alias', name, as, line });
    } while (this.take(','));
    return aliases;
  }
  #importFrom(): Statement {
    const { line } = this.next();
    let module = '';
    while (this.is('.', '...')) module += this.next().text;
    if (!this.is('import')) module += this.#dottedName();
    this.need('import');
    const bracketed = this.take('(');
    const names = this.#aliases();
    if (bracketed) this.need(')');
    return { type: 'ImportFrom', module, names, line };
  }
  #typeAlias(): Statement {
    const { line } = this.next();
    const name = this.need('name').text;
    const typeParameters = this.#typeParameters();
    this.need('=');
    return { type: 'TypeAlias', name, typeParameters, value: this.expression(), line };
  }

  #assignment(): Statement {
    const { line } = this.token;
    const first = this.yieldOrList();
    if (this.take(':')) {
      const annotation = this.expression();
      const value = this.take('=') ? this.yieldOrList() : null;
      return { type: 'AnnotatedAssign', target: first, annotation, value, line };
    }
    if (/^[^=!<>:]{1,2}=$|^(<<|>>)=$/.test(this.token.kind)) {
      const operator = this.next().kind.slice(0, -1);
      return { type: 'AugmentedAssign', operator, target: first, value: this.yieldOrList(), line };
    }
    if (!this.is('=')) return { type: 'ExpressionStatement', value: first, line };
    const all = [first];
    while (this.take('=')) all.push(this.yieldOrList());
    const value = all.pop() ?? first;
    return { type: 'Assign', targets: all, value, line };
  }
}
