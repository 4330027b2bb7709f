import {
  ALLOWED_MODULES,
  isAllowedModule,
  isPlainModule,
  memberKind,
  membersOf,
  REFUSED_BUILTINS,
  type SpecialForm,
} from './allowed.js';
import type { Tell } from './findings.js';
import type { Names } from './python/scopes.js';
import type { Alias, Expression, Name, Node } from './python/tree.js';

/** A name that stands for a module, or for a member of one. */
export interface Imported {
  readonly module: string;
  readonly member: string | null;
}

const MODULES = `Modules that may be: ${ALLOWED_MODULES.join(', ')}.`;

/** The imports of a program. A name that is imported means one thing wherever it is not a local variable. */
export class Imports {
  readonly #names = new Map<string, Imported>();
  readonly #scopes: Names;
  /** Imported inside of functions too: there the name is local, and the import all the same. */
  readonly #inFunctions: ReadonlySet<string>;

  constructor(nodes: readonly Node[], scopes: Names, tell: Tell) {
    this.#scopes = scopes;
    this.#inFunctions = new Set(
      scopes.bindings.filter(({ node, scope }) => node.type === 'Alias' && scope !== 'module').map(({ name }) => name),
    );
    for (const node of nodes) this.#read(node, tell);
  }

  #read(node: Node, tell: Tell): void {
    if (node.type === 'Import') {
      for (const alias of node.names) {
        if (alias.name.includes('.')) {
          tell(
            'import-not-allowed',
            alias.line,
            `Write "from ${alias.name} import …" instead of importing the dotted module.`,
          );
        } else if (!isAllowedModule(alias.name)) {
          tell('import-not-allowed', alias.line, `The module "${alias.name}" may not be imported. ${MODULES}`);
        } else {
          this.#add(alias, { module: alias.name, member: null }, tell);
        }
      }
    } else if (node.type === 'ImportFrom') {
      for (const alias of node.names) {
        if (!isAllowedModule(node.module)) {
          tell('import-not-allowed', node.line, `Nothing may be imported from "${node.module}". ${MODULES}`);
        } else if (memberKind(node.module, alias.name) === undefined) {
          tell(
            'import-not-allowed',
            alias.line,
            `"${alias.name}" may not be imported from "${node.module}". Of it there may be: ${membersOf(node.module).join(', ')}.`,
          );
        } else {
          this.#add(alias, { module: node.module, member: alias.name }, tell);
        }
      }
    }
  }

  #add(alias: Alias, imported: Imported, tell: Tell): void {
    const name = alias.as ?? alias.name;
    const before = this.#names.get(name);
    if (
      REFUSED_BUILTINS.has(name) ||
      (before && (before.module !== imported.module || before.member !== imported.member))
    ) {
      tell(
        'import-not-allowed',
        alias.line,
        `Import this under a name of its own: "${name}" means something else already.`,
      );
    }
    this.#names.set(name, imported);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }
  get modules(): string[] {
    return [...this.#names.values()].map(({ module }) => module);
  }

  /** What `name` or `module.member` stands for, when it is of an import. */
  resolve(expression: Expression): Imported | undefined {
    if (expression.type === 'Name') return this.#ofName(expression);
    if (expression.type !== 'Attribute' || expression.object.type !== 'Name') return undefined;
    const imported = this.#ofName(expression.object);
    return imported?.member === null ? { module: imported.module, member: expression.name } : undefined;
  }

  #ofName(name: Name): Imported | undefined {
    const isOwn = this.#scopes.homeOf(name) === 'function' && !this.#inFunctions.has(name.id);
    return isOwn ? undefined : this.#names.get(name.id);
  }

  /** Whether a parameter or local variable may have the name of this import: `date`, not `os`. */
  mayBeShadowed(name: string): boolean {
    const imported = this.#names.get(name);
    if (!imported || this.#inFunctions.has(name)) return false;
    return imported.member === null
      ? isPlainModule(imported.module)
      : memberKind(imported.module, imported.member) === 'plain';
  }

  /** `module.member` of what an expression stands for. */
  qualified(expression: Expression): string | undefined {
    const imported = this.resolve(expression);
    return imported && imported.member !== null ? `${imported.module}.${imported.member}` : undefined;
  }

  kindOf(expression: Expression): SpecialForm | 'plain' | undefined {
    const imported = this.resolve(expression);
    return imported && imported.member !== null ? memberKind(imported.module, imported.member) : undefined;
  }
}
