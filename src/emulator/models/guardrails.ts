import { isObject, jsonObject } from '../aws/json.js';
import { notFound } from '../aws/problem.js';
import type { AwsAnswer, AwsRequest } from '../aws/server.js';
import { Demands } from './demands.js';

/** A guardrail that acts on words. */
export interface GuardrailScript {
  readonly guardrailId: string;
  /** Default: `DRAFT` and `1`. */
  readonly versions?: readonly string[];
  /** Words and phrases that block the whole text, whole words in any case. */
  readonly blocks?: readonly string[];
  /** Words and phrases that are replaced by their kind: `{ word: 'Berlin', type: 'ADDRESS' }` leaves `{ADDRESS}`. */
  readonly masks?: readonly { readonly word: string; readonly type: string }[];
  /** What is said in place of blocked text. */
  readonly blockedInputMessaging?: string;
  readonly blockedOutputsMessaging?: string;
}

const CHARACTERS_PER_UNIT = 1000;

/** ApplyGuardrail with scripted words. Source: Amazon Bedrock API reference, ApplyGuardrail. */
export function applyGuardrail(
  guardrails: readonly GuardrailScript[],
  identifier: string,
  version: string,
  request: AwsRequest,
): AwsAnswer {
  const { source, texts } = readRequest(identifier, version, jsonObject(request.body));
  const guardrail = guardrails.find(({ guardrailId }) => guardrailId === identifier.split('/').at(-1));
  if (!guardrail || !(guardrail.versions ?? ['DRAFT', '1']).includes(version)) {
    throw notFound('The guardrail identifier or version provided in the request does not exist.');
  }
  const all = texts.join('\n');
  const blocked = (guardrail.blocks ?? []).flatMap((word) => found(all, word));
  const masked = (guardrail.masks ?? []).flatMap(({ word, type }) =>
    found(all, word).map((match) => ({ match, type })),
  );
  const units = Math.ceil(all.length / CHARACTERS_PER_UNIT);
  const message =
    source === 'INPUT'
      ? (guardrail.blockedInputMessaging ?? 'Sorry, the model cannot answer this question.')
      : (guardrail.blockedOutputsMessaging ?? 'Sorry, the model cannot give this answer.');
  const outputs =
    blocked.length > 0 ? [message] : masked.length > 0 ? texts.map((text) => maskIn(text, guardrail)) : [];
  const assessment = {
    ...(blocked.length > 0 && {
      wordPolicy: {
        customWords: blocked.map((match) => ({ match, action: 'BLOCKED', detected: true })),
        managedWordLists: [],
      },
    }),
    ...(masked.length > 0 && {
      sensitiveInformationPolicy: {
        piiEntities: masked.map(({ match, type }) => ({ match, type, action: 'ANONYMIZED', detected: true })),
        regexes: [],
      },
    }),
  };
  return {
    status: 200,
    body: {
      action: outputs.length > 0 ? 'GUARDRAIL_INTERVENED' : 'NONE',
      ...(outputs.length > 0 && {
        actionReason: blocked.length > 0 ? 'Guardrail blocked.' : 'Guardrail masked.',
      }),
      outputs: outputs.map((text) => ({ text })),
      assessments: [assessment],
      usage: usageOf(guardrail, units),
      guardrailCoverage: { textCharacters: { guarded: all.length, total: all.length } },
    },
  };
}

function readRequest(identifier: string, version: string, body: Readonly<Record<string, unknown>>) {
  const demands = new Demands();
  const names = { guardrailIdentifier: identifier, guardrailVersion: version };
  demands.text(names, 'guardrailIdentifier', {
    pattern: /^(([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+))$/,
  });
  demands.text(names, 'guardrailVersion', { pattern: /^(([1-9][0-9]{0,7})|(DRAFT))$/ });
  const source = demands.oneOf(body, 'source', ['INPUT', 'OUTPUT'], true);
  demands.oneOf(body, 'outputScope', ['INTERVENTIONS', 'FULL']);
  const texts = demands.list(body, 'content', 0, Number.POSITIVE_INFINITY, true).map((block, position) => {
    const text = demands.object(isObject(block) ? block : {}, `content.${position + 1}.member.text`, true);
    return demands.text(text, `content.${position + 1}.member.text.text`, { required: true }) ?? '';
  });
  demands.check();
  return { source, texts };
}

function found(text: string, word: string): string[] {
  return text.match(wordPattern(word)) ?? [];
}

function maskIn(text: string, { masks = [] }: GuardrailScript): string {
  return masks.reduce((rest, { word, type }) => rest.replace(wordPattern(word), `{${type}}`), text);
}

/** Finds a word or phrase where no letter or digit adjoins it. */
function wordPattern(word: string): RegExp {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu');
}

function usageOf({ blocks = [], masks = [] }: GuardrailScript, units: number) {
  return {
    topicPolicyUnits: 0,
    contentPolicyUnits: 0,
    wordPolicyUnits: blocks.length > 0 ? units : 0,
    sensitiveInformationPolicyUnits: masks.length > 0 ? units : 0,
    sensitiveInformationPolicyFreeUnits: 0,
    contextualGroundingPolicyUnits: 0,
  };
}
