import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BridgeError, type ErrorCode } from '../errors.js';
import { type FieldProblem, faultsOf, fieldsOf, withRules } from './field-problems.js';

/** An error as an RFC 9457 problem document. */
export const problemSchema = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Stable: programs match on it.'),
    detail: z.string().describe('Words for people.'),
    errors: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .optional()
      .describe('Every bad field by its path (`tools.0.name`).'),
    roles: z.array(z.string()).optional().describe('Who may do this (403).'),
    numbers: z.array(z.string()).optional().describe('The numbers that stand in the way (409).'),
    carrierCode: z.int().optional().describe("The carrier's own error number."),
  })
  .meta({ id: 'Problem' });

type Problem = z.infer<typeof problemSchema>;

/**
 * HTTP's status for each code. DIAL_NOT_ALLOWED is 422: whoever asks has the right to ask, and no other token would help;
 * what is refused is where the call would go. So 403 always means the role.
 */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  CALL_NOT_LIVE: 409,
  VERSION_CONFLICT: 412,
  DIAL_NOT_ALLOWED: 422,
  TOO_MANY_REQUESTS: 429,
  NUMBER_LIMIT_REACHED: 429,
  CARRIER_REFUSED: 502,
  CARRIER_UNREACHABLE: 502,
  INSTANCE_UNREACHABLE: 502,
  AWS_REFUSED: 502,
  AWS_UNREACHABLE: 502,
  CARRIER_NOT_CONFIGURED: 503,
  CREATOR_NOT_CONFIGURED: 503,
  NO_CAPACITY: 503,
  STORE_UNAVAILABLE: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'Authentication is needed',
  403: 'Not allowed',
  404: 'Not found',
  406: 'Not acceptable',
  409: 'Conflict',
  411: 'The length is missing',
  412: 'Somebody else has changed it',
  413: 'The body is too large',
  414: 'The address is too long',
  415: 'The body is of a media type that is not taken here',
  416: 'There is no such range',
  422: 'It cannot be done like this',
  426: 'It has to be opened as a WebSocket',
  429: 'Too many',
  502: 'Another system failed',
  503: 'Not available at the moment',
};

/** What to wait before the next try when nothing else is said, in s. */
const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  STORE_UNAVAILABLE: 5,
  NO_CAPACITY: 10,
  TOO_MANY_REQUESTS: 5,
  NUMBER_LIMIT_REACHED: 60,
};

/** Numbers that the carrier does not take, by the field they came in. Source: Twilio, error and warning dictionary. */
const CARRIER_FIELDS: Readonly<Record<number, 'to' | 'from'>> = {
  13223: 'to',
  13224: 'to',
  21211: 'to',
  21214: 'to',
  21217: 'to',
  21219: 'to',
  21210: 'from',
  21212: 'from',
};

/** Makes every error below a problem document; what nobody foresaw is logged and says nothing of its inside. */
export function problemDocuments(server: FastifyInstance): void {
  server.setErrorHandler(sendError);
  server.setNotFoundHandler(notFoundProblem);
}

/** Nothing answers at that address. */
export function notFoundProblem(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(
    reply,
    new BridgeError('NOT_FOUND', `There is no ${request.method} ${request.url.split('?')[0]}.`),
  );
}

/** For Fastify's `frameworkErrors`: addresses that no route can be looked up by. */
export function frameworkProblem(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 400;
  const detail = status === 414 ? 'A part of the address is too long.' : 'The address is not well encoded.';
  sendProblem(reply, new BridgeError('REQUEST_INVALID', detail, { httpStatus: status }));
}

function sendError(error: FastifyError | BridgeError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part = (error as FastifyError).validationContext ?? 'body';
    const form = [...error.validation.flatMap((issue) => fieldsOf(issue, part)), ...laterFaults(request, part)];
    const errors = withRules(form, request.routeOptions.config.brokenRules?.(request) ?? []);
    return sendProblem(reply, new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors }));
  }
  if (error instanceof BridgeError) {
    if (statusOf(error) === 500) request.log.error({ err: error, code: error.code }, 'request failed');
    return sendProblem(reply, error);
  }
  const httpStatus = error.statusCode ?? 500;
  if (httpStatus >= 400 && httpStatus < 500) {
    return sendProblem(reply, new BridgeError('REQUEST_INVALID', error.message, { httpStatus }));
  }
  request.log.error({ err: error, code: 'INTERNAL' }, 'request failed');
  return sendProblem(reply, new BridgeError('INTERNAL', 'Something went wrong on our side.'));
}

/** Parts of a request in the order in which they are validated; the first that is bad keeps the others from being looked at. */
const PARTS: readonly ('params' | 'body' | 'querystring' | 'headers')[] = ['params', 'body', 'querystring', 'headers'];

/** What is wrong in parts that were not looked at any more. */
function laterFaults(request: FastifyRequest, part: string): FieldProblem[] {
  const { schema } = request.routeOptions;
  const later = PARTS.slice(PARTS.findIndex((each) => each.startsWith(part)) + 1);
  return later.flatMap((each) => {
    const partSchema = schema?.[each];
    if (!(partSchema instanceof z.ZodType)) return [];
    const { error } = partSchema.safeParse(each === 'querystring' ? request.query : request[each]);
    return error ? faultsOf(error.issues, each) : [];
  });
}

/** An error's status and its document. */
export function problemOf(error: BridgeError): Problem {
  const { errors, field, roles, numbers, carrierCode } = error.details as {
    errors?: FieldProblem[];
    field?: string;
    roles?: string[];
    numbers?: string[];
    carrierCode?: number | null;
  };
  const status = statusOf(error);
  const badField = field ?? (status === 400 ? carrierFieldOf(error) : undefined);
  const form = ofForm(error);
  const named = badField === undefined ? undefined : [{ field: badField, message: error.message }];
  const fields = form ? withRules(form, errors ?? []) : (errors ?? named);
  const isInternal = status === 500;
  return {
    type: 'about:blank',
    title: TITLES[status] ?? 'Internal error',
    status,
    code: error.code,
    detail: isInternal ? 'Something went wrong on our side.' : error.message,
    ...(fields && !isInternal && { errors: fields }),
    ...(roles && { roles: [...roles] }),
    ...(Array.isArray(numbers) && { numbers: numbers.map(String) }),
    ...(typeof carrierCode === 'number' && { carrierCode }),
  };
}

/** The bad fields of what has not the form of its schema, in the same words wherever that was found. */
function ofForm({ code, cause }: BridgeError): FieldProblem[] | undefined {
  return code === 'REQUEST_INVALID' && cause instanceof z.ZodError ? faultsOf(cause.issues, 'body') : undefined;
}

function statusOf(error: BridgeError): number {
  const { httpStatus } = error.details as { httpStatus?: number };
  if (httpStatus !== undefined) return httpStatus;
  // The carrier's own `status` is another matter: a number it does not take is the request's fault.
  if (carrierFieldOf(error)) return 400;
  return STATUSES[error.code] ?? 500;
}

function carrierFieldOf(error: BridgeError): 'to' | 'from' | undefined {
  const { carrierCode } = error.details;
  return error.code === 'CARRIER_REFUSED' && typeof carrierCode === 'number' ? CARRIER_FIELDS[carrierCode] : undefined;
}

function sendProblem(reply: FastifyReply, error: BridgeError): FastifyReply {
  const problem = problemOf(error);
  const { retryAfterMs } = error.details as { retryAfterMs?: number };
  const retryAfterSeconds =
    retryAfterMs === undefined ? RETRY_AFTER_SECONDS[error.code] : Math.ceil(retryAfterMs / 1000);
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', String(retryAfterSeconds));
  // As text: an answer that was begun as audio or events has no serializer for it.
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
