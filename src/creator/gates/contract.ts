import { BY_NAME } from './allowed.js';
import type { Tell } from './findings.js';
import { isText, type Program } from './program.js';
import {
  type Call,
  childrenOf,
  type Expression,
  type FunctionDef,
  type Node,
  type Statement,
  within,
} from './python/tree.js';

/** What AgentCore's runtime needs of agent.py: one app, one entry point, one start at the very end. */
export function checkContract(program: Program, appName: string | undefined, tell: Tell): void {
  const apps = program.nodes.filter((node) => isApp(node, program));
  if (appName === undefined || apps.length !== 1) {
    tell(
      'app-missing',
      apps[1]?.line ?? null,
      'There has to be exactly one app = BedrockAgentCoreApp() at the module level.',
    );
  }
  if (appName === undefined) return;
  const handler = checkEntrypoint(program, appName, tell);
  if (handler) {
    checkParameters(handler, tell);
    checkAnswers(handler, tell);
    checkContext(handler, program, tell);
  }
  checkRun(program, appName, tell);
}

/** The name of the app, when there is one. */
export function appNameOf(program: Program): string | undefined {
  for (const statement of program.statements) {
    if (statement.type !== 'Assign' && statement.type !== 'AnnotatedAssign') continue;
    const [target, another] = statement.type === 'Assign' ? statement.targets : [statement.target];
    if (target?.type === 'Name' && !another && statement.value && isApp(statement.value, program)) return target.id;
  }
  return undefined;
}
const isApp = (node: Node, program: Program): boolean =>
  node.type === 'Call' && program.imports.kindOf(node.callee) === 'app';

const isEntrypoint = (decorator: Expression): boolean =>
  within(decorator).some((node) => node.type === 'Attribute' && node.name === 'entrypoint');

function checkEntrypoint(program: Program, appName: string, tell: Tell): FunctionDef | undefined {
  const marked = program.nodes
    .filter((node) => node.type === 'FunctionDef')
    .filter(({ decorators }) => decorators.some(isEntrypoint));
  const [handler, another] = marked;
  if (!handler) {
    tell('entrypoint-missing', null, `There has to be one function with @${appName}.entrypoint.`);
    return undefined;
  }
  if (another) tell('entrypoint-missing', another.line, `Only one function may have @${appName}.entrypoint.`);
  if (!program.statements.includes(handler)) {
    tell(
      'entrypoint-missing',
      handler.line,
      `The function with @${appName}.entrypoint has to stand at the module level.`,
    );
  }
  if (handler.decorators.length > 1 || handler.decorators[0]?.type !== 'Attribute') {
    tell(
      'entrypoint-form',
      handler.line,
      `The only decorator of the entry point has to be @${appName}.entrypoint, without brackets.`,
    );
  }
  return handler;
}

function checkParameters({ parameters, line }: FunctionDef, tell: Tell): void {
  const names = parameters.map(({ star, name }) => star + name).join(', ');
  if (names !== 'payload' && names !== 'payload, context') {
    tell(
      'entrypoint-parameters',
      line,
      `The entry point takes (payload) or (payload, context), by these very names, not (${names}).`,
    );
  }
}

function checkAnswers(handler: FunctionDef, tell: Tell): void {
  const own = handler.body.flatMap((statement) => ownNodes(statement));
  if (own.some(({ type }) => type === 'Yield')) return;
  for (const node of own) {
    if (node.type === 'Return' && (!node.value || (node.value.type === 'Constant' && node.value.kind === 'None'))) {
      tell('entrypoint-answer', node.line, 'The entry point has to return an answer here, such as {"result": text}.');
    }
  }
  if (!endsInAnswer(handler.body)) {
    tell(
      'entrypoint-answer',
      handler.line,
      'The entry point has to return or to yield an answer on every path: its end can be reached without one.',
    );
  }
}
/** The node and what is below it, without functions and classes within. */
function ownNodes(node: Node, own: Node[] = []): Node[] {
  if (node.type === 'FunctionDef' || node.type === 'ClassDef' || node.type === 'Lambda') return own;
  own.push(node);
  for (const child of childrenOf(node)) ownNodes(child, own);
  return own;
}

/** Whether the end of the statements cannot be reached. */
function endsInAnswer(statements: readonly Statement[]): boolean {
  return statements.some(answers);
}
function answers(statement: Statement): boolean {
  switch (statement.type) {
    case 'Return':
    case 'Raise':
      return true;
    case 'If':
      return endsInAnswer(statement.body) && endsInAnswer(statement.otherwise);
    case 'With':
      return endsInAnswer(statement.body);
    case 'While':
      return isTrue(statement.test) && !statement.body.some(breaks);
    case 'Try':
      if (endsInAnswer(statement.last)) return true;
      return (
        (endsInAnswer(statement.body) || endsInAnswer(statement.otherwise)) &&
        statement.handlers.every(({ body }) => endsInAnswer(body))
      );
    case 'Match': {
      const last = statement.cases.at(-1);
      const isTotal = last?.pattern.type === 'Capture' && last.pattern.pattern === null && last.guard === null;
      return isTotal && statement.cases.every(({ body }) => endsInAnswer(body));
    }
    default:
      return false;
  }
}
export const isTrue = (test: Expression): boolean =>
  test.type === 'Constant' && (test.kind === 'True' || test.text === '1');
/** A `break` of this loop, not of one within. */
export function breaks(node: Node): boolean {
  switch (node.type) {
    case 'Plain':
      return node.word === 'break';
    case 'For':
    case 'While':
      return node.otherwise.some(breaks);
    case 'FunctionDef':
    case 'ClassDef':
      return false;
    default:
      return childrenOf(node).some(breaks);
  }
}

/** The request of the web server hangs on the context: only what it says of the session and the headers is taken from it. */
function checkContext(handler: FunctionDef, program: Program, tell: Tell): void {
  if (!handler.parameters.some(({ name }) => name === 'context')) return;
  const visit = (node: Node, parent: Node) => {
    if (
      node.type === 'Name' &&
      node.id === 'context' &&
      program.names.homeOf(node) === 'function' &&
      !isReading(node, parent)
    ) {
      tell(
        'context-form',
        node.line,
        'Of the context only context.session_id and context.request_headers may be used; it may not be handed on.',
      );
    }
    if (isReadingByName(node)) return;
    for (const child of childrenOf(node)) visit(child, node);
  };
  for (const statement of handler.body) visit(statement, handler);
}
const OF_CONTEXT = ['session_id', 'request_headers'];
function isReading(node: Node, parent: Node): boolean {
  switch (parent.type) {
    case 'Attribute':
      return OF_CONTEXT.includes(parent.name);
    case 'Operation':
      return parent.operators.every((operator) => ['is', 'is not', '==', '!=', 'not'].includes(operator));
    case 'If':
    case 'Conditional':
      return parent.test === node;
    default:
      return false;
  }
}
/** `getattr(context, "session_id", None)` */
function isReadingByName(node: Node): boolean {
  if (node.type !== 'Call' || node.callee.type !== 'Name' || !BY_NAME.has(node.callee.id)) return false;
  const [object, name] = node.arguments;
  return (
    object?.value.type === 'Name' &&
    object.value.id === 'context' &&
    isText(name?.value) &&
    OF_CONTEXT.includes(name.value.text)
  );
}

/** `app.run()` */
export function isRun(node: Call, appName: string | undefined): boolean {
  const { callee } = node;
  return (
    node.arguments.length === 0 &&
    callee.type === 'Attribute' &&
    callee.name === 'run' &&
    callee.object.type === 'Name' &&
    callee.object.id === appName
  );
}

function checkRun(program: Program, appName: string, tell: Tell): void {
  const runs = program.nodes.filter((node) => node.type === 'Call' && isRun(node, appName));
  const last = program.statements.at(-1);
  const alone = last?.type === 'If' && isMainGuard(last) && last.body.length === 1 ? last.body[0] : last;
  const isLast = alone?.type === 'ExpressionStatement' && alone.value === runs[0];
  if (runs.length !== 1 || !isLast) {
    tell(
      'run-missing',
      runs[0]?.line ?? null,
      `${appName}.run() has to stand exactly once, as the last statement, alone or under if __name__ == "__main__":.`,
    );
  }
}

/** `if __name__ == "__main__":` without `else`. */
export function isMainGuard(statement: Statement): boolean {
  if (statement.type !== 'If' || statement.otherwise.length > 0 || statement.test.type !== 'Operation') return false;
  const { operators, operands } = statement.test;
  const [left, right] = operands;
  return (
    operators.length === 1 &&
    operators[0] === '==' &&
    left?.type === 'Name' &&
    left.id === '__name__' &&
    isText(right) &&
    right.text === '__main__'
  );
}
