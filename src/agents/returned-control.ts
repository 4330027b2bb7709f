import type { InvocationInputMember, ReturnControlPayload } from '@aws-sdk/client-bedrock-agent-runtime';

/** Something that an agent wants the bridge to do before it can go on. */
export interface WantedAction {
  readonly actionGroup: string;
  /** The function's name, or method and path of the API operation. */
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
  /** The agent first wants to know whether the person agrees. */
  readonly wantsConsent: boolean;
}

const MAX_NOTE_LENGTH = 600;

/** What an agent that returns control wants done. */
export function wantedActions({ invocationInputs = [] }: ReturnControlPayload): WantedAction[] {
  return invocationInputs.map(actionOf).filter((action) => action !== undefined);
}

function actionOf({ functionInvocationInput, apiInvocationInput }: InvocationInputMember): WantedAction | undefined {
  if (functionInvocationInput) {
    const { actionGroup = '', function: name = '', parameters = [], actionInvocationType } = functionInvocationInput;
    return { actionGroup, name, input: inputOf(parameters), wantsConsent: wantsConsent(actionInvocationType) };
  }
  if (!apiInvocationInput) return undefined;
  const { actionGroup = '', httpMethod = '', apiPath = '', parameters = [], requestBody } = apiInvocationInput;
  const properties = Object.values(requestBody?.content ?? {}).flatMap((content) => content.properties ?? []);
  return {
    actionGroup,
    name: `${httpMethod} ${apiPath}`.trim(),
    input: inputOf([...parameters, ...properties]),
    wantsConsent: wantsConsent(apiInvocationInput.actionInvocationType),
  };
}

function inputOf(parameters: readonly { name?: string | undefined; value?: string | undefined }[]) {
  return Object.fromEntries(parameters.map(({ name = '', value = '' }) => [name, value]));
}

function wantsConsent(type: string | undefined): boolean {
  return type?.startsWith('USER_CONFIRMATION') ?? false;
}

/** For the model: the agent cannot go on, and what it would need. */
export function noteOn(actions: readonly WantedAction[]): string {
  const wanted = actions.map(({ name, input, wantsConsent: asks }) => {
    const values = Object.entries(input).map(([key, value]) => `${key}: ${value}`);
    return `${name}(${values.join(', ')})${asks ? ', if the caller agrees' : ''}`;
  });
  const note = `The agent wants this done, and it has not been done: ${wanted.join('; ') || 'something it does not name'}.`;
  return note.length <= MAX_NOTE_LENGTH ? note : `${note.slice(0, MAX_NOTE_LENGTH - 1)}…`;
}
