import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Role } from '../access/actor.js';
import type { FieldProblem } from './field-problems.js';
import { problemSchema } from './problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may; without it the route is not taken on. */
    roles?: Roles;
    /** Statuses of problems that this route has beside those that every route has. */
    problems?: readonly number[];
    /** Media type of the answer when it is not JSON. */
    produces?: string;
    /** Whether it is opened as a WebSocket, which any page may try with the cookie of whoever looks at it. */
    opensSocket?: boolean;
    /** Whether a body may be left out. */
    hasOptionalBody?: boolean;
    /** What is wrong beyond the form, as far as a request can be read whose form is wrong too: all is told at once. */
    brokenRules?: (request: import('fastify').FastifyRequest) => FieldProblem[];
  }
  interface FastifySchema {
    operationId?: string;
    summary?: string;
    description?: string;
    tags?: readonly string[];
    security?: readonly Record<string, readonly string[]>[];
  }
}

export type Roles = readonly Role[] | 'anyone';

export const ADMINS: Roles = ['admin'];
/** Who takes care of calls. */
export const OPERATORS: Roles = ['admin', 'operator'];
export const TESTERS: Roles = ['admin', 'tester'];
/** Who may look at agents and numbers. */
export const READERS: Roles = ['admin', 'viewer', 'tester'];
/** Who may look at calls. */
export const EVERYBODY: Roles = ['admin', 'operator', 'viewer', 'tester'];

const COMMON_PROBLEMS = [400, 401, 403, 406, 429, 500, 503];

const PROBLEM_WORDS: Readonly<Record<number, string>> = {
  400: 'Not valid: every bad field is named',
  401: 'No valid token or session',
  403: 'The role does not allow it',
  404: 'There is no such thing',
  406: 'The answer has another media type than those accepted',
  409: 'It stands against what is there',
  412: 'Somebody else has changed it meanwhile',
  413: 'The body is too large',
  411: 'The length of the file is missing',
  415: 'The body is of a media type that is not taken here',
  416: 'There is no such range',
  422: 'It cannot be done like this',
  426: 'It has to be opened as a WebSocket',
  429: 'Too many at once: see Retry-After',
  500: 'Something went wrong here',
  502: 'The carrier or another instance failed',
  503: 'Not available at the moment: see Retry-After',
};

/**
 * What every route of the API must say about itself: who may, and what it is for the document. One that says less ends
 * the start. What all have in common (problems, ways to show who asks) is added.
 */
export function routeRules(server: FastifyInstance): void {
  const done = new WeakSet<FastifySchema>();
  server.addHook('onRoute', (route: RouteOptions) => {
    const roles = route.config?.roles;
    if (!roles) throw new Error(`${route.method} ${route.url} does not say which roles may use it`);
    const { schema } = route;
    if (!schema?.operationId || !schema.summary || !schema.tags || !schema.response) {
      throw new Error(`${route.method} ${route.url} does not say what it is for the OpenAPI document`);
    }
    if (done.has(schema)) return;
    const takesFiles = route.config?.takesFiles;
    const names = roles === 'anyone' ? ['anyone'] : [...roles];
    const problems = [
      ...COMMON_PROBLEMS,
      ...(schema.body || takesFiles ? [413, 415] : []),
      ...(takesFiles ? [411] : []),
      ...(route.config?.problems ?? []),
    ];
    const complete = {
      querystring: z.strictObject({}),
      ...schema,
      description: [schema.description, `Roles: ${names.join(', ')}.`].filter(Boolean).join('\n\n'),
      response: { ...problemResponses(problems), ...schema.response },
      security: roles === 'anyone' ? [] : [{ bearer: [] }, { cookie: [] }],
      'x-roles': names,
      ...(takesFiles && { 'x-files': [...takesFiles] }),
      ...(route.config?.hasOptionalBody && { 'x-optional-body': true }),
    };
    done.add(complete);
    route.schema = complete;
  });
}

function problemResponses(statuses: readonly number[]): Record<number, unknown> {
  const response = (status: number) => ({
    description: PROBLEM_WORDS[status] ?? 'A problem',
    content: { 'application/problem+json': { schema: problemSchema } },
  });
  return Object.fromEntries([...new Set(statuses)].map((status) => [status, response(status)]));
}
