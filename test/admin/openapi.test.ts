import type { OpenAPIV3_1 } from 'openapi-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, startApi } from './rig.js';

type Operation = OpenAPIV3_1.OperationObject & { 'x-roles'?: string[] };

let api: Api;
let document: OpenAPIV3_1.Document;
let operations: [string, Operation][];
beforeAll(async () => {
  api = await startApi();
  document = (await api.api('GET', '/openapi.json', { token: null })).body;
  operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]): [string, Operation] => [
      `${method} ${path}`,
      operation,
    ]),
  );
});
afterAll(() => api.close());

/** Every object of the document with a property of that name. */
function withProperty(part: unknown, name: string): Record<string, unknown>[] {
  if (typeof part !== 'object' || part === null) return [];
  const own = !Array.isArray(part) && Object.hasOwn(part, name) ? [part as Record<string, unknown>] : [];
  return [...own, ...Object.values(part).flatMap((inner) => withProperty(inner, name))];
}

describe('the OpenAPI document', () => {
  it('is of version 3.1 and says how to show who one is', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    expect(document.components?.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: { type: 'apiKey', in: 'cookie', name: 'oratio_session' },
    });
  });

  it('describes each operation as 3.1 wants it: parameters, body, answers with words', () => {
    for (const [name, operation] of operations) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort();
      const parameters = (operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
      const described = parameters.filter((parameter) => parameter.in === 'path');

      expect([name, described.map((parameter) => parameter.name).sort()]).toEqual([name, inPath]);
      expect([name, described.every(({ required }) => required === true)]).toEqual([name, true]);
      for (const parameter of parameters)
        expect([name, parameter.name, typeof parameter.schema]).toEqual([name, parameter.name, 'object']);
      expect([name, typeof operation.operationId, operation.tags?.length]).toEqual([name, 'string', 1]);
      expect([name, Object.keys(operation.responses ?? {}).some((status) => /^(2\d\d|101)$/.test(status))]).toEqual([
        name,
        true,
      ]);
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        const { description, content = {} } = response as OpenAPIV3_1.ResponseObject;
        expect([
          name,
          status,
          /^[1-5]\d\d$/.test(status),
          description !== '' && description !== 'Default Response',
        ]).toEqual([name, status, true, true]);
        if (Number(status) >= 400) {
          expect([name, status, content['application/problem+json']?.schema]).toEqual([
            name,
            status,
            { $ref: '#/components/schemas/Problem' },
          ]);
        }
      }
    }
  });

  it('describes what an agent had other tools do alike on the record of a call and in a trial', () => {
    const [call, trial] = ['Call', 'ToolTrial'].map((name) =>
      withProperty(document.components?.schemas?.[name], 'wanted'),
    );

    expect(call).toHaveLength(1);
    expect(trial).toHaveLength(1);
    expect(trial![0]!.wanted).toMatchObject({ type: 'array', items: (call![0]!.wanted as { items: object }).items });
  });

  it('says of each operation who may use it, for programs and in words', () => {
    for (const [name, operation] of operations) {
      const roles = operation['x-roles'] ?? [];
      expect([name, operation.description]).toEqual([name, expect.stringContaining(`Roles: ${roles.join(', ')}.`)]);
      const isOpen = roles.includes('anyone');
      expect([name, operation.security]).toEqual([name, isOpen ? [] : [{ bearer: [] }, { cookie: [] }]]);
    }
  });

  it('refers only to schemas that are there, and has none that nothing refers to', () => {
    const references = withProperty(document, '$ref').map(({ $ref }) => String($ref));
    const schemas = Object.keys(document.components?.schemas ?? {}).map((name) => `#/components/schemas/${name}`);

    expect(schemas).toEqual(expect.arrayContaining(['#/components/schemas/Problem', '#/components/schemas/Call']));
    expect([...new Set(references)].filter((reference) => !schemas.includes(reference))).toEqual([]);
    expect(schemas.filter((schema) => !references.includes(schema))).toEqual([]);
  });

  it('has types that JSON Schema 2020-12 knows', () => {
    const known = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
    const schemas = [
      ...Object.values(document.components?.schemas ?? {}),
      ...withProperty(document.paths, 'schema').map(({ schema }) => schema),
    ];
    const types = schemas.flatMap((schema) => withProperty(schema, 'type')).flatMap(({ type }) => type);

    // A property may be called `type`: then it is a schema itself.
    expect(
      [...new Set(types.filter((type) => typeof type === 'string'))].filter((type) => !known.includes(type as string)),
    ).toEqual([]);
    expect(withProperty(document, 'nullable')).toEqual([]);
  });

  it('says which bodies may be left out', () => {
    const bodyOf = (name: string) =>
      operations.find(([each]) => each === name)?.[1].requestBody as OpenAPIV3_1.RequestBodyObject;

    expect(bodyOf('post /api/calls/{callSid}/hangup').required).toBe(false);
    expect(bodyOf('post /api/numbers/{e164}/sync').required).toBe(false);
    expect(bodyOf('post /api/agents').required).toBe(true);
    expect(withProperty(document, 'x-optional-body')).toEqual([]);
  });

  it('has no defaults among what must be sent', () => {
    const body = operations.find(([name]) => name === 'post /api/agents')?.[1]
      .requestBody as OpenAPIV3_1.RequestBodyObject;
    const schema = body.content['application/json']!.schema as {
      required: string[];
      properties: Record<string, unknown>;
    };

    expect(schema.required.sort()).toEqual(['name', 'systemPrompt']);
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['voiceId', 'tools', 'silence', 'maxCallMs']),
    );
  });
});

describe('the readable document', () => {
  it('is open to anyone and keeps to a policy without inline scripts', async () => {
    const page = await api.api('GET', '/docs/', { token: null });
    const policy = String(page.headers['content-security-policy']);

    expect(page.status).toBe(200);
    expect(policy).toMatch(/script-src 'self'(;| )/);
    expect(/script-src [^;]*/.exec(policy)![0]).not.toMatch(/unsafe|https?:|\*/);
    const scripts = [...page.text.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)];
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, attributes, inside] of scripts) {
      expect(attributes).toContain('src=');
      expect(inside!.trim()).toBe('');
    }
    expect(page.text).not.toMatch(/ on[a-z]+="|<style|style="/);
    for (const [, source = ''] of page.text.matchAll(/(?:src|href)="\.?([^"]+)"/g)) {
      const path = source.startsWith('/docs') ? source : `/docs${source}`;
      expect([path, (await api.api('GET', path, { token: null })).status]).toEqual([path, 200]);
    }
  });

  it('asks no other server', async () => {
    const script = await api.api('GET', '/docs/static/swagger-initializer.js', { token: null });

    expect(script.text).toMatch(/"validatorUrl":\s*null/);
  });
});
