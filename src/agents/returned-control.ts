import type {
  InvocationInputMember,
  InvocationResultMember,
  ReturnControlPayload,
} from '@aws-sdk/client-bedrock-agent-runtime';
import { parsedJson } from './answer-text.js';

/** Something that an agent wants the bridge to do before it can go on. */
export interface WantedAction {
  /** The function's name, or method and path of the API operation. */
  readonly name: string;
  /** By the names of the parameters, of the types that the agent gives them. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The agent first wants to know whether the person agrees. */
  readonly wantsConsent: boolean;
}

/** What came of it: the words of an answer, or of a failure. */
export interface DoneAction {
  readonly isDone: boolean;
  readonly output: Readonly<Record<string, unknown>>;
}

const MAX_NOTE_LENGTH = 600;
/** Source: Amazon Bedrock quotas, the payload of an InvokeAgent request; results are cut to a spoken size long before. */
const MAX_RESULT_LENGTH = 20_000;

/** What an agent that returns control wants done. */
export function wantedActions({ invocationInputs = [] }: ReturnControlPayload): WantedAction[] {
  return invocationInputs.map(actionOf).filter((action) => action !== undefined);
}

/**
 * What was done of it, in the agent's own order; undefined when it takes other answers than those of functions.
 * Source: Amazon Bedrock, FunctionResult: REPROMPT gives a failure to the agent's model, FAILURE would end the session.
 */
export function resultsOf(
  { invocationInputs = [] }: ReturnControlPayload,
  done: readonly DoneAction[],
): InvocationResultMember[] | undefined {
  const results = invocationInputs.map(({ functionInvocationInput: input }, index) => {
    const { isDone, output } = done[index] ?? { isDone: false, output: {} };
    const body = JSON.stringify(output).slice(0, MAX_RESULT_LENGTH);
    return (
      input && {
        functionResult: {
          actionGroup: input.actionGroup,
          function: input.function,
          ...(input.agentId !== undefined && { agentId: input.agentId }),
          ...(!isDone && { responseState: 'REPROMPT' as const }),
          responseBody: { TEXT: { body } },
        },
      }
    );
  });
  const given = results.filter((result) => result !== undefined);
  return given.length === results.length ? given : undefined;
}

function actionOf({ functionInvocationInput, apiInvocationInput }: InvocationInputMember): WantedAction | undefined {
  if (functionInvocationInput) {
    const { function: name = '', parameters = [], actionInvocationType } = functionInvocationInput;
    return { name, input: inputOf(parameters), wantsConsent: wantsConsent(actionInvocationType) };
  }
  if (!apiInvocationInput) return undefined;
  const { httpMethod = '', apiPath = '', parameters = [], requestBody } = apiInvocationInput;
  const properties = Object.values(requestBody?.content ?? {}).flatMap((content) => content.properties ?? []);
  return {
    name: `${httpMethod} ${apiPath}`.trim(),
    input: inputOf([...parameters, ...properties]),
    wantsConsent: wantsConsent(apiInvocationInput.actionInvocationType),
  };
}

interface Parameter {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly value?: string | undefined;
}

function inputOf(parameters: readonly Parameter[]): Record<string, unknown> {
  return Object.fromEntries(parameters.map((each) => [each.name ?? '', typedValue(each)]));
}

/** All values come as text; one that is not of its type stays that, and is refused with words that say so. */
function typedValue({ type = 'string', value = '' }: Parameter): unknown {
  if (type === 'string') return value;
  const parsed = parsedJson(value);
  return parsed === undefined ? value : parsed;
}

function wantsConsent(type: string | undefined): boolean {
  return type?.startsWith('USER_CONFIRMATION') ?? false;
}

/** For the model: the agent cannot go on, and what it would need. */
export function noteOn(actions: readonly WantedAction[]): string {
  const wanted = actions.map(({ name, input, wantsConsent: asks }) => {
    const values = Object.entries(input).map(
      ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return `${name}(${values.join(', ')})${asks ? ', if the caller agrees' : ''}`;
  });
  const note = `The agent wants this done, and it has not been done: ${wanted.join('; ') || 'something it does not name'}.`;
  return note.length <= MAX_NOTE_LENGTH ? note : `${note.slice(0, MAX_NOTE_LENGTH - 1)}…`;
}
