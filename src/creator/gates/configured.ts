import { BY_NAME } from './allowed.js';
import type { Tell } from './findings.js';
import type { Origins } from './origins.js';
import { isBuiltin, isText, type Program } from './program.js';
import { type Expression, type Node, within } from './python/tree.js';
import type { Requests } from './requests.js';

/** Text models of Bedrock, also over an inference profile that AWS keeps: no account and no endpoint stands in these. */
const MODEL =
  /^(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*::(?:foundation-model|inference-profile)\/)?(?:(?:us|eu|apac|au|jp|ca|global|us-gov)\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot|nvidia|openai|qwen|writer)\.[a-z0-9][a-z0-9.-]*(?::\d+){0,2}(?::\d+k)?$/;
/** In the bridge's own account. */
const OWN_ID = /^[A-Za-z0-9_.-]*$/;
const NEVER = /^(?!)/;

/** What names something of AWS in a request, and what may stand there as a literal. */
const NAMING: Readonly<Record<string, RegExp>> = {
  modelId: MODEL,
  model_id: MODEL,
  modelArn: MODEL,
  knowledgeBaseId: OWN_ID,
  guardrailIdentifier: OWN_ID,
  guardrail_id: OWN_ID,
  TableName: OWN_ID,
  // They belong to whoever was first to take the name, and to any account.
  Bucket: NEVER,
  QueueUrl: NEVER,
};
/** Fields with such names in them: they are written out as well. */
const STRUCTURES = new Set([
  'RequestItems',
  'retrieveAndGenerateConfiguration',
  'knowledgeBaseConfiguration',
  'externalSourcesConfiguration',
  's3Location',
  'guardrailConfig',
  'guardrailConfiguration',
]);
const IN_PLACE = new Set(['RequestItems', 's3Location']);
const WITH_ACCOUNT = /arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{12}:|\bsqs\.[a-z0-9-]+\.amazonaws\.com/;

/**
 * What a program asks AWS for is configured: it stands in an environment variable of the plan, or is a name that means
 * nothing outside of the own account. A caller's words name nothing.
 */
export function checkConfigured(
  program: Program,
  methods: ReadonlySet<string>,
  origins: Origins,
  requests: Requests,
  tell: Tell,
): void {
  const called = new Set<Node>();
  for (const node of program.nodes) {
    if (node.type !== 'Call') continue;
    called.add(node.callee);
    // asyncio.to_thread(client.converse, modelId=…) sends a request like client.converse(modelId=…).
    const [first] = program.imports.qualified(node.callee) === 'asyncio.to_thread' ? node.arguments : [];
    if (first?.star === '') called.add(first.value);
  }
  for (const node of program.nodes) {
    if (isText(node) && WITH_ACCOUNT.test(node.text)) {
      tell('foreign-account', node.line, `This names an account of AWS. ${CONFIGURE}`);
    }
    if (isHandedOn(node, methods, called, program)) {
      tell(
        'not-configured',
        node.line,
        'This is a method of an AWS client: call it where it stands. Choose another name for what is your own.',
      );
    }
    for (const [name, value] of named(node)) checkField(name, value, node.line, program, origins, requests, tell);
    if (node.type !== 'Call') continue;
    const isSent = [node.callee, ...node.arguments.map(({ value }) => value)].some(
      (each) => each.type === 'Attribute' && methods.has(each.name) && called.has(each),
    );
    for (const { star, value } of isSent ? node.arguments : []) {
      if (star === '**' && !requests.isWrittenOut(value)) {
        tell(
          'not-configured',
          value.line,
          'Write the fields of this request out, modelId=…, messages=…, or in a dict whose keys are all literals and that is handed to nobody else.',
        );
      }
    }
  }
}
const CONFIGURE =
  'Give the plan an environment variable for it, and read that without a default: os.environ["ORDERS_BUCKET"].';

/** `send = client.converse`: whatever is done with it, nobody looks at the requests. */
function isHandedOn(node: Node, methods: ReadonlySet<string>, called: ReadonlySet<Node>, program: Program): boolean {
  if (node.type === 'Attribute') return methods.has(node.name) && !called.has(node) && !isTarget(node, program);
  if (node.type === 'PatternKeyword') return methods.has(node.name);
  if (node.type !== 'Call' || node.callee.type !== 'Name' || !BY_NAME.has(node.callee.id)) return false;
  const name = node.arguments[1]?.value;
  return isBuiltin(node.callee, 'getattr', program) && isText(name) && methods.has(name.text);
}
/** `self.query = …` gives a value, and takes none. */
const isTarget = (node: Node, { nodes }: Program): boolean =>
  nodes.some((each) => each.type === 'Assign' && each.targets.some((target) => target === node));

const isMeant = (name: string): boolean => Object.hasOwn(NAMING, name) || STRUCTURES.has(name);

/** Fields of requests: `modelId=…`, `{"modelId": …}`, `request["modelId"] = …`; null for what nobody can follow. */
function named(node: Node): [name: string, value: Expression | null][] {
  switch (node.type) {
    case 'Argument':
      return node.name !== null && isMeant(node.name) ? [[node.name, node.value]] : [];
    case 'DictEntry':
      return isText(node.key) && isMeant(node.key.text) ? [[node.key.text, node.value]] : [];
    case 'Call': {
      const [key, value] = node.callee.type === 'Attribute' && node.callee.name === 'setdefault' ? node.arguments : [];
      return isText(key?.value) && isMeant(key.value.text) ? [[key.value.text, value?.value ?? null]] : [];
    }
    case 'Assign':
      return node.targets.flatMap((target) => fieldsSet(target, target.type === 'Subscript' ? node.value : null));
    case 'AnnotatedAssign':
    case 'AugmentedAssign':
    case 'For':
    case 'Clause':
    case 'WithItem':
      return node.target ? fieldsSet(node.target, null) : [];
    default:
      return [];
  }
}
const fieldsSet = (target: Expression, value: Expression | null): [string, Expression | null][] =>
  within(target).flatMap((node): [string, Expression | null][] => {
    const [index] = node.type === 'Subscript' ? node.index : [];
    return isText(index) && isMeant(index.text) ? [[index.text, node === target ? value : null]] : [];
  });

function checkField(
  name: string,
  value: Expression | null,
  line: number,
  program: Program,
  origins: Origins,
  requests: Requests,
  tell: Tell,
): void {
  if (value?.type === 'Dict' && name === 'RequestItems') {
    for (const { key } of value.entries) checkValue('TableName', key ?? value, program, origins, tell);
  } else if (value?.type === 'Dict' && name === 's3Location') {
    for (const { key, value: place } of value.entries) {
      if (!isText(key) || key.text === 'uri') checkValue('Bucket', place, program, origins, tell);
    }
  } else if (value && !STRUCTURES.has(name)) checkValue(name, value, program, origins, tell);
  else if (!value || IN_PLACE.has(name) || !requests.isWrittenOut(value)) {
    tell('not-configured', line, `${name} has to be written out here, with literal keys. ${CONFIGURE}`);
  }
}
function checkValue(name: string, value: Expression, program: Program, origins: Origins, tell: Tell): void {
  const allowed = NAMING[name] ?? NEVER;
  for (const origin of origins.of(value)) {
    if (isText(origin)) {
      if (!allowed.test(origin.text)) {
        const words = allowed === MODEL ? 'is no text model of Bedrock' : 'may belong to somebody else';
        tell('not-configured', value.line, `${name}: "${origin.text.slice(0, 80)}" ${words}. ${CONFIGURE}`);
      }
      continue;
    }
    const fallback = environmentFallback(origin, program);
    if (fallback === undefined) {
      tell(
        'not-configured',
        value.line,
        allowed === NEVER
          ? `${name} comes from an environment variable of the plan only: os.environ["ORDERS_BUCKET"].`
          : `${name} comes from an environment variable or is written out, such as os.environ.get("MODEL_ID", "…").`,
      );
    } else if (fallback !== null) {
      checkValue(name, fallback, program, origins, tell);
    }
  }
}

/** The default of a variable that is read, null without one; undefined for what is no variable. */
function environmentFallback(node: Expression, program: Program): Expression | null | undefined {
  if (node.type === 'Constant') return node.kind === 'None' ? null : undefined;
  if (node.type === 'Subscript') return program.imports.qualified(node.object) === 'os.environ' ? null : undefined;
  if (node.type !== 'Call') return undefined;
  const { callee, arguments: given } = node;
  const isRead =
    program.imports.qualified(callee) === 'os.getenv' ||
    (callee.type === 'Attribute' && callee.name === 'get' && program.imports.qualified(callee.object) === 'os.environ');
  return isRead ? (given[1]?.value ?? null) : undefined;
}
