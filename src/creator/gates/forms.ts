import type { SpecialForm } from './allowed.js';
import type { Tell } from './findings.js';
import { isText, type Program } from './program.js';
import type { Argument, Call, Expression, FunctionDef, Node } from './python/tree.js';

/** What the forms of special members depend on. */
export interface FormLimits {
  readonly services: ReadonlyMap<string, readonly string[]>;
  readonly environment: ReadonlySet<string>;
}

const PROMPT_FILE = 'full_prompt.md';
const CLIENT_KEYWORDS = new Set(['region_name', 'config']);
const CONFIG_KEYWORDS = new Set([
  'connect_timeout',
  'read_timeout',
  'retries',
  'max_pool_connections',
  'region_name',
  'tcp_keepalive',
]);
const LOGGING_KEYWORDS = new Set(['level', 'format', 'datefmt', 'force']);
const AGENT_KEYWORDS = new Set([
  'model',
  'system_prompt',
  'tools',
  'messages',
  'callback_handler',
  'name',
  'description',
  'agent_id',
]);
const MODEL_KEYWORDS = new Set([
  'model_id',
  'temperature',
  'max_tokens',
  'top_p',
  'stop_sequences',
  'streaming',
  'region_name',
  'guardrail_id',
  'guardrail_version',
  'guardrail_trace',
  'cache_prompt',
  'cache_tools',
  'boto_client_config',
]);

/** What is said when a special member stands anywhere else. */
export const FORM_MESSAGES: Readonly<Record<SpecialForm, readonly [rule: string, message: string]>> = {
  agent: ['strands-form', 'Agent may be called only, with keyword arguments that are written out.'],
  annotation: ['annotation-not-allowed', 'This may stand in annotations only.'],
  app: ['app-form', 'BedrockAgentCoreApp may be called only, once, without arguments: app = BedrockAgentCoreApp().'],
  base: ['base-class-not-allowed', 'This class may be used as a base class and in annotations only.'],
  call: ['form-not-allowed', 'This may be called only, without arguments.'],
  client: [
    'boto3-client',
    'boto3.client may be called only, with the name of the service as a literal: boto3.client("bedrock-runtime").',
  ],
  config: ['boto3-client', 'Config may be called only, with time-outs, retries and the region.'],
  decorator: ['decorator-not-allowed', 'This may be used as a decorator only.'],
  environment: [
    'environment-access',
    'Read environment variables as os.environ.get("NAME", "default") or os.environ["NAME"] only, with a literal name.',
  ],
  logging: ['logging-form', 'logging.basicConfig may be called only, with level, format and datefmt.'],
  model: ['strands-form', 'BedrockModel may be called only, with keyword arguments that are written out.'],
  namedtuple: ['form-not-allowed', 'namedtuple may be called only, with literal names and fields.'],
  'prompt-file': [
    'prompt-file-form',
    `The only file that may be read is the prompt: Path(__file__).with_name("${PROMPT_FILE}").read_text(encoding="utf-8").`,
  ],
  'type-variable': ['form-not-allowed', 'A type variable may be made of a literal name only.'],
};

/** The exact way to read the prompt, from the call of read_text inwards. */
export function isPromptFile(node: Expression, program: Program): boolean {
  if (node.type !== 'Call' || node.callee.type !== 'Attribute' || node.callee.name !== 'read_text') return false;
  const named = node.callee.object;
  if (!isEncoding(node.arguments) || named.type !== 'Call' || named.callee.type !== 'Attribute') return false;
  const path = named.callee.object;
  return (
    named.callee.name === 'with_name' &&
    isOnly(named.arguments, (value) => isText(value) && value.text === PROMPT_FILE) &&
    path.type === 'Call' &&
    program.imports.qualified(path.callee) === 'pathlib.Path' &&
    isOnly(path.arguments, (value) => value.type === 'Name' && value.id === '__file__')
  );
}
const isEncoding = (given: readonly Argument[]): boolean =>
  given.every(
    ({ star, name, value }) =>
      star === '' && (name === null || name === 'encoding') && isText(value) && /^utf-?8$/i.test(value.text),
  ) && given.length <= 1;
const isOnly = (given: readonly Argument[], fits: (value: Expression) => boolean): boolean => {
  const [only, another] = given;
  return only !== undefined && !another && only.star === '' && only.name === null && fits(only.value);
};

/** Checks the call of a special member. Answers the arguments that are still to be looked at, or undefined when the form does not fit. */
export function checkForm(
  kind: SpecialForm,
  call: Call,
  program: Program,
  limits: FormLimits,
  tell: Tell,
): readonly Node[] | undefined {
  const given = call.arguments;
  switch (kind) {
    case 'app':
    case 'call':
      return given.length === 0 ? [] : undefined;
    case 'client':
      return checkClient(call, limits, tell);
    case 'config':
      return keywordsOnly(given, CONFIG_KEYWORDS) ? given : undefined;
    case 'logging':
      return keywordsOnly(given, LOGGING_KEYWORDS) ? given : undefined;
    case 'environment':
      return checkEnvironmentName(given, limits, tell) ? given.slice(1) : undefined;
    case 'model':
      return keywordsOnly(given, MODEL_KEYWORDS) ? given : undefined;
    case 'agent':
      return checkAgent(given, program);
    case 'namedtuple':
      return given.length === 2 &&
        given.every(({ star, name, value }) => star === '' && name === null && isLiteralNames(value))
        ? []
        : undefined;
    case 'type-variable':
      return isOnly(given.slice(0, 1), isText) && given.slice(1).every(isVariance) ? [] : undefined;
    default:
      return undefined;
  }
}

const keywordsOnly = (given: readonly Argument[], allowed: ReadonlySet<string>): boolean =>
  given.every(({ star, name }) => star === '' && name !== null && allowed.has(name));
const isVariance = ({ star, name, value }: Argument): boolean =>
  star === '' && (name === 'covariant' || name === 'contravariant') && value.type === 'Constant' && !isText(value);
const isLiteralNames = (value: Expression): boolean =>
  isText(value)
    ? /^[A-Za-z][\w\s,]*$/.test(value.text)
    : value.type === 'Sequence' && value.items.every((item) => isText(item) && /^[A-Za-z]\w*$/.test(item.text));

function checkClient(call: Call, { services }: FormLimits, tell: Tell): readonly Node[] | undefined {
  const [service, ...rest] = call.arguments;
  if (service?.star !== '' || (service.name ?? 'service_name') !== 'service_name') return undefined;
  if (!isText(service.value) || !keywordsOnly(rest, CLIENT_KEYWORDS)) return undefined;
  if (!services.has(service.value.text)) {
    const allowed = [...services.keys()].join(', ');
    tell(
      'aws-service-not-allowed',
      call.line,
      `The agent may not use "${service.value.text}". Clients that it may have: ${allowed}.`,
    );
  }
  return rest;
}

export function checkEnvironmentName(given: readonly Argument[], { environment }: FormLimits, tell: Tell): boolean {
  const [name] = given;
  if (name?.star !== '' || name.name !== null || !isText(name.value) || given.length > 2) return false;
  if (given.some(({ star }) => star !== '')) return false;
  checkVariable(name.value.text, name.line, environment, tell);
  return true;
}

export function checkVariable(name: string, line: number, environment: ReadonlySet<string>, tell: Tell): void {
  if (environment.has(name)) return;
  const declared = [...environment].join(', ');
  tell(
    'environment-not-declared',
    line,
    `The environment variable "${name}" is not declared in the plan. Declared: ${declared}.`,
  );
}

/** Tools may be functions with @tool only: Strands would load files and packages that are named by texts. */
function checkAgent(given: readonly Argument[], program: Program): readonly Node[] | undefined {
  if (!keywordsOnly(given, AGENT_KEYWORDS)) return undefined;
  const tools = given.find(({ name }) => name === 'tools')?.value;
  return tools && !isToolList(tools, program) ? undefined : given;
}
function isToolList(tools: Expression, program: Program): boolean {
  const list = tools.type === 'Name' && isReadAsToolsOnly(tools.id, program) ? program.valueOf(tools.id) : tools;
  return list?.type === 'Sequence' && list.items.every((item) => item.type === 'Name' && isToolName(item.id, program));
}
/** So that nothing can be put into the list. */
function isReadAsToolsOnly(name: string, program: Program): boolean {
  const { nodes } = program;
  const reads = nodes.filter((node) => node.type === 'Name' && node.id === name).length;
  const asTools = nodes.filter(
    (node) => node.type === 'Argument' && node.name === 'tools' && node.value.type === 'Name' && node.value.id === name,
  ).length;
  return reads === asTools + 1;
}
function isToolName(name: string, program: Program): boolean {
  const definition = program.functions.get(name);
  return definition !== undefined && program.bindings.get(name)?.length === 1 && isStrandsTool(definition, program);
}

export const decoratorName = (decorator: Expression): Expression =>
  decorator.type === 'Call' ? decorator.callee : decorator;
export const isStrandsTool = (definition: FunctionDef, program: Program): boolean =>
  definition.decorators.some((decorator) => program.imports.qualified(decoratorName(decorator)) === 'strands.tool');
