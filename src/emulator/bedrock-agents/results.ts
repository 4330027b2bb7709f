import { isObject } from '../aws/json.js';
import { invalid } from '../aws/problem.js';
import type { ControlInput, ControlResult } from './script.js';
import type { PendingControl } from './sessions.js';

/**
 * What a client answers to returned control, checked against what it was asked for. Undefined when it answers nothing.
 * Throws 400 ValidationException for results of another invocation, or of something it was not asked for.
 */
export function controlResults(
  sessionState: Readonly<Record<string, unknown>>,
  pending: PendingControl | undefined,
): ControlResult[] | undefined {
  const { invocationId, returnControlInvocationResults: results } = sessionState;
  if (invocationId === undefined && results === undefined) return undefined;
  if (!Array.isArray(results) || results.length === 0)
    throw invalid('returnControlInvocationResults must not be empty');
  if (!pending || invocationId !== pending.invocationId)
    throw invalid('The invocationId is not one this session waits for.');
  const asked = new Set(pending.invocationInputs.map(inputName));
  const checked = results.map(controlResult);
  for (const result of checked) {
    if (!asked.delete(resultName(result))) throw invalid('A result does not belong to any invocation input.');
  }
  if (asked.size > 0) throw invalid(`Results are missing: ${[...asked].join(', ')}`);
  return checked;
}

function controlResult(value: unknown): ControlResult {
  const result = isObject(value) ? (value.functionResult ?? value.apiResult) : undefined;
  if (!isObject(result)) throw invalid('Each result must have a functionResult or an apiResult.');
  const { actionGroup, function: name, apiPath, httpMethod, responseState } = result;
  if (typeof actionGroup !== 'string') throw invalid('actionGroup must not be null');
  if (responseState !== undefined && responseState !== 'FAILURE' && responseState !== 'REPROMPT') {
    throw invalid('responseState must be FAILURE or REPROMPT');
  }
  return {
    ...result,
    actionGroup,
    ...(typeof name === 'string' && { function: name }),
    ...(typeof apiPath === 'string' && { apiPath }),
    ...(typeof httpMethod === 'string' && { httpMethod }),
  };
}

function inputName(input: ControlInput): string {
  if ('functionInvocationInput' in input) return resultName(input.functionInvocationInput);
  return resultName(input.apiInvocationInput);
}

function resultName({ actionGroup, function: name, httpMethod, apiPath }: ControlResult): string {
  return name === undefined ? `${actionGroup} ${httpMethod} ${apiPath}` : `${actionGroup} ${name}`;
}
