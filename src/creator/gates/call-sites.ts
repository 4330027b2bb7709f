import type { Program } from './program.js';
import type { Call, Expression, FunctionDef, Node, Parameter } from './python/tree.js';

/** What they decorate is called by the program alone. */
const OWN_DECORATORS = new Set([
  'staticmethod',
  'classmethod',
  'cache',
  'lru_cache',
  'contextmanager',
  'asynccontextmanager',
]);

/** Where a program calls its own functions and methods, and with what. */
export class CallSites {
  readonly #calls = new Map<string, Call[]>();
  /** The function or method of a parameter, and its place in a call. */
  readonly #owners = new Map<Parameter, { readonly name: string; readonly index: number }>();
  /** Handed on or decorated: others call them too. */
  readonly #handedOn = new Set<string>();

  constructor({ nodes }: Program) {
    const callees = new Set<Node>();
    for (const node of nodes) {
      if (node.type !== 'Call') continue;
      callees.add(node.callee);
      const name = nameOf(node.callee);
      const same = this.#calls.get(name);
      if (same) same.push(node);
      else this.#calls.set(name, [node]);
    }
    for (const node of nodes) {
      if (node.type === 'Name' && !callees.has(node)) this.#handedOn.add(node.id);
      if (node.type === 'Attribute' && !callees.has(node)) this.#handedOn.add(node.name);
      if (node.type === 'FunctionDef') this.#own(node, node.name, 0);
    }
    for (const node of nodes) {
      for (const method of node.type === 'ClassDef' ? node.body : []) {
        if (method.type !== 'FunctionDef') continue;
        const isStatic = method.decorators.some((each) => each.type === 'Name' && each.id === 'staticmethod');
        const name = method.name === '__init__' && node.type === 'ClassDef' ? node.name : method.name;
        this.#own(method, name, isStatic ? 0 : 1);
      }
    }
  }

  #own({ parameters, decorators }: FunctionDef, name: string, skipped: number): void {
    parameters.forEach((parameter, index) => {
      this.#owners.set(parameter, { name, index: index - skipped });
    });
    if (decorators.some((each) => each.type !== 'Name' || !OWN_DECORATORS.has(each.id))) this.#handedOn.add(name);
  }

  /** All that a parameter gets; undefined when that may be anything. */
  argumentsOf(parameter: Parameter): Expression[] | undefined {
    const owner = this.#owners.get(parameter);
    if (!owner || parameter.star !== '' || this.#handedOn.has(owner.name)) return undefined;
    const calls = this.#calls.get(owner.name) ?? [];
    if (calls.some((call) => call.arguments.some(({ star }) => star !== ''))) return undefined;
    const given = calls.flatMap((call) => {
      const argument =
        call.arguments.find(({ name }) => name === parameter.name) ??
        call.arguments.filter(({ name }) => name === null)[owner.index];
      return argument ? [argument.value] : [];
    });
    return parameter.default ? [...given, parameter.default] : given;
  }
}

const nameOf = (callee: Expression): string =>
  callee.type === 'Name' ? callee.id : callee.type === 'Attribute' ? callee.name : '';
