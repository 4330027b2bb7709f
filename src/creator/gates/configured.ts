import type { Tell } from './findings.js';
import type { Origins } from './origins.js';
import { isText, type Program } from './program.js';
import type { Expression, Node } from './python/tree.js';

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
const WITH_ACCOUNT = /arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:\d{12}:|\bsqs\.[a-z0-9-]+\.amazonaws\.com/;

/**
 * What a program asks AWS for is configured: it stands in an environment variable of the plan, or is a name that means
 * nothing outside of the own account. A caller's words name nothing.
 */
export function checkConfigured(program: Program, methods: ReadonlySet<string>, origins: Origins, tell: Tell): void {
  for (const node of program.nodes) {
    if (isText(node) && WITH_ACCOUNT.test(node.text)) {
      tell(
        'foreign-account',
        node.line,
        'This names an account of AWS. Read it from an environment variable of the plan.',
      );
    }
    for (const [name, value] of named(node)) checkValue(name, value, program, origins, tell);
    if (node.type !== 'Call' || node.callee.type !== 'Attribute' || !methods.has(node.callee.name)) continue;
    for (const { star, value } of node.arguments) {
      if (star === '**' && !origins.of(value).every(isWrittenOut)) {
        tell('not-configured', value.line, 'Write the fields of this request out: nobody else may choose them.');
      }
    }
  }
}

/** Fields of requests: `modelId=…`, `{"modelId": …}`, `request["modelId"] = …`. */
function named(node: Node): [name: string, value: Expression][] {
  switch (node.type) {
    case 'Argument':
      return node.name !== null && Object.hasOwn(NAMING, node.name) ? [[node.name, node.value]] : [];
    case 'DictEntry':
      return isText(node.key) && Object.hasOwn(NAMING, node.key.text) ? [[node.key.text, node.value]] : [];
    case 'Assign':
      return node.targets.flatMap((target): [string, Expression][] => {
        const [index] = target.type === 'Subscript' ? target.index : [];
        return isText(index) && Object.hasOwn(NAMING, index.text) ? [[index.text, node.value]] : [];
      });
    default:
      return [];
  }
}

function checkValue(name: string, value: Expression, program: Program, origins: Origins, tell: Tell): void {
  const allowed = NAMING[name] ?? NEVER;
  for (const origin of origins.of(value)) {
    if (isText(origin)) {
      if (!allowed.test(origin.text)) {
        const words = allowed === MODEL ? 'is no text model of Bedrock' : 'may belong to somebody else';
        tell(
          'not-configured',
          value.line,
          `${name}: "${origin.text.slice(0, 80)}" ${words}. Read it from an environment variable of the plan.`,
        );
      }
      continue;
    }
    const fallback = environmentFallback(origin, program);
    if (fallback === undefined) {
      tell(
        'not-configured',
        value.line,
        `${name} comes from an environment variable or is written out, such as os.environ.get("MODEL_ID", "…").`,
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

const isWrittenOut = (origin: Expression): boolean =>
  origin.type === 'Dict' || (origin.type === 'Call' && origin.callee.type === 'Name' && origin.callee.id === 'dict');
