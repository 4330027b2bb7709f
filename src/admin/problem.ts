import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { BridgeError, type ErrorCode } from '../errors.js';

/** A bad field by its path (`tools.0.name`) and what is wrong with it. */
export interface FieldProblem {
  field: string;
  message: string;
}

/** An error as an RFC 9457 problem document. */
interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  errors?: FieldProblem[];
}

const STATUSES: Partial<Record<ErrorCode, { status: number; title: string }>> = {
  REQUEST_INVALID: { status: 400, title: 'The request is not valid' },
  UNAUTHORIZED: { status: 401, title: 'Authentication is needed' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  CONFLICT: { status: 409, title: 'Conflict' },
};

/** Makes every error below a problem document; what nobody foresaw is logged and says nothing of its inside. */
export function problemDocuments(server: FastifyInstance): void {
  server.setErrorHandler((error: FastifyError | BridgeError, request, reply) => {
    if (hasZodFastifySchemaValidationErrors(error)) {
      const errors = error.validation.flatMap((issue) => fieldsOf(issue));
      return sendProblem(reply, new BridgeError('REQUEST_INVALID', 'Some fields are not valid.', { errors }));
    }
    if (error instanceof BridgeError) return sendProblem(reply, error);
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, new BridgeError('REQUEST_INVALID', error.message, { status }));
    request.log.error({ err: error, code: 'INTERNAL' }, 'request failed');
    return sendProblem(reply, new BridgeError('INTERNAL', 'Something went wrong on our side.'));
  });
  server.setNotFoundHandler((request, reply) =>
    sendProblem(reply, new BridgeError('NOT_FOUND', `There is no ${request.method} ${request.url.split('?')[0]}.`)),
  );
}

function sendProblem(reply: FastifyReply, error: BridgeError): FastifyReply {
  const known = STATUSES[error.code] ?? { status: 500, title: 'Internal error' };
  const {
    status = known.status,
    errors,
    field,
  } = error.details as {
    status?: number;
    errors?: FieldProblem[];
    field?: string;
  };
  const fields = errors ?? (field === undefined ? undefined : [{ field, message: error.message }]);
  const problem: Problem = {
    type: 'about:blank',
    title: known.title,
    status,
    code: error.code,
    detail: error.message,
    ...(fields && { errors: fields }),
  };
  return reply.code(status).type('application/problem+json').send(problem);
}

interface ZodValidation {
  keyword: string;
  instancePath: string;
  message?: string | undefined;
  params?: { keys?: string[] };
}

/** Unknown fields come as one issue with several keys: each is named. */
function fieldsOf(validation: unknown): FieldProblem[] {
  const { keyword, instancePath, message = 'not valid', params } = validation as ZodValidation;
  const path = instancePath.split('/').filter(Boolean);
  if (keyword !== 'unrecognized_keys') return [{ field: path.join('.'), message }];
  return (params?.keys ?? []).map((key) => ({ field: [...path, key].join('.'), message: 'unknown field' }));
}
