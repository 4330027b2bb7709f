import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';

type Operation = OpenAPIV3_1.OperationObject & { 'x-optional-body'?: boolean; 'x-files'?: readonly string[] };

/** No code but its own files; it styles a part of itself inline. Shown in no other page. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Describes the routes that are registered after it: `/openapi.json`, and readable at `/docs`. Both open to anyone. */
export async function openApi(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Oratio voice bridge',
        version: '1',
        description:
          'Numbers, agents and calls. Errors are RFC 9457 problem documents that name every bad field; unknown fields ' +
          'are refused. Lists are paged with `limit` and `cursor`. Versions travel as `ETag` and `If-Match`.',
      },
      // Whichever way it was reached: the public address may not be reachable from here.
      servers: [{ url: '/' }],
      tags: [
        { name: 'agents', description: 'What answers calls. Every change is a new version.' },
        { name: 'numbers', description: 'Which agent answers which number.' },
        { name: 'calls', description: 'Calls on record, live calls, and calls that are placed from here.' },
        { name: 'knowledge', description: 'Knowledge bases of Bedrock, and S3 Vectors indexes used directly.' },
        { name: 'creator', description: 'Agents made of written procedures.' },
        { name: 'events', description: 'What happens, as it happens.' },
        { name: 'test calls', description: 'Calls without a carrier.' },
        { name: 'people', description: 'Tokens, sessions and what was done with them.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A token, or ADMIN_TOKEN.' },
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'oratio_session',
            description: 'As POST /api/sessions set it.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => tidied(jsonSchemaTransformObject(document) as OpenAPIV3_1.Document) as never,
  });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    theme: { title: 'Oratio voice bridge: API' },
    // The badge would tell a stranger's server the address of this one.
    uiConfig: { validatorUrl: null, docExpansion: 'list', persistAuthorization: false },
  });
  server.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => reply.send(server.swagger()));
}

/** Bodies that may be left out say so, or that they may be files, answers say what they are, and only schemas that something refers to stay. */
function tidied(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation: Operation | undefined = path?.[method];
      if (!operation) continue;
      for (const response of Object.values(operation.responses ?? {})) {
        if ('description' in response && response.description === 'Default Response') {
          response.description = operation.summary ?? 'Done.';
        }
      }
      if (operation['x-optional-body'] && operation.requestBody && 'content' in operation.requestBody) {
        operation.requestBody.required = false;
      }
      delete operation['x-optional-body'];
      if (operation['x-files']) operation.requestBody = withFiles(operation.requestBody, operation['x-files']);
      delete operation['x-files'];
    }
  }
  const schemas = document.components?.schemas ?? {};
  const used = new Set<string>();
  const use = (part: unknown) => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      use(schemas[name] ?? null);
    }
  };
  use(document.paths ?? {});
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } };
}

function withFiles(body: Operation['requestBody'], mediaTypes: readonly string[]): OpenAPIV3_1.RequestBodyObject {
  const files = mediaTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }] as const);
  const others = body && 'content' in body ? body.content : {};
  return { required: true, content: { ...others, ...Object.fromEntries(files) } };
}
