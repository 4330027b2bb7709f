import { type Clock, realClock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import { invalid } from '../aws/problem.js';
import { routes } from '../aws/routes.js';
import { type AwsServer, startAwsServer } from '../aws/server.js';
import { type Credentials, DEFAULT_REGION } from '../aws/signature.js';
import { wait } from '../aws/wait.js';
import type { Reach } from '../reach.js';
import { type ConverseRequest, type ConverseScripts, converseAnswer, readConverse } from './converse.js';
import { applyGuardrail, type GuardrailScript } from './guardrails.js';
import { foundationModel, invokeTitan, TITAN_EMBED_V2 } from './titan.js';

export interface ModelsOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** In place of a port. */
  reach?: Reach;
  /** Default: real time. Delays count on it. */
  clock?: Clock;
  ids?: Ids;
  region?: string;
  credentials?: Credentials;
  /** Models that can be conversed with; default: those of Amazon Nova and Anthropic Claude, profiles included. */
  converses?: RegExp;
  converse?: ConverseScripts;
  guardrails?: readonly GuardrailScript[];
}

/** The running stand-in. */
export type ModelsEmulator = AwsServer & {
  /** What was asked of conversing models, oldest first. */
  readonly conversations: readonly ConverseRequest[];
  /** From now on, they answer like this. */
  onConverse(scripts: ConverseScripts): void;
};

const CONVERSING = /^(?:(?:us|eu|apac|global)\.)?(?:amazon\.nova|anthropic\.claude)-[\w.:-]+$/;

/**
 * Starts a local Bedrock runtime on loopback: embeddings of Titan Text V2 (see `embed`: not its own vectors), guardrails
 * that act on words, and Converse with scripted answers. Source: Amazon Bedrock API reference; the SDK's requests.
 */
export async function startModels(options: ModelsOptions = {}): Promise<ModelsEmulator> {
  const { clock = realClock(), guardrails = [], converses = CONVERSING, converse, ...rest } = options;
  const region = options.region ?? DEFAULT_REGION;
  const conversations: ConverseRequest[] = [];
  let scripts: ConverseScripts = converse ?? (() => undefined);
  /** The name of a model by itself or by its ARN. */
  const nameOf = (modelId: string) => modelId.replace(foundationModel(region, ''), '');

  const table = routes({
    InvokeModel: {
      method: 'POST',
      path: '/model/{modelId}/invoke',
      handle(request, modelId) {
        if (nameOf(modelId ?? '') !== TITAN_EMBED_V2) throw invalid('The provided model identifier is invalid.');
        return invokeTitan(request);
      },
    },
    ApplyGuardrail: {
      method: 'POST',
      path: '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
      handle: (request, identifier = '', version = '') => applyGuardrail(guardrails, identifier, version, request),
    },
    Converse: {
      method: 'POST',
      path: '/model/{modelId}/converse',
      async handle(request, modelId = '') {
        if (!converses.test(nameOf(modelId))) throw invalid('The provided model identifier is invalid.');
        const asked = readConverse(modelId, request);
        conversations.push(asked);
        const startMs = clock.now();
        const script = await scripts(asked, conversations.length);
        if (!script) throw new Error('no answer was scripted for this conversation');
        if (script.delayMs) await wait(clock, script.delayMs, request.signal);
        return converseAnswer(asked, script, Math.round(clock.now() - startMs));
      },
    },
  });
  const server = await startAwsServer({ ...rest, ...table, clock, service: 'bedrock' });
  return Object.assign(server, {
    conversations,
    onConverse(next: ConverseScripts) {
      scripts = next;
    },
  });
}
