import { AwsProblem, invalid } from '../aws/problem.js';

export interface FieldProblem {
  path: string;
  message: string;
}

/** One thing wrong with a request; `message` stands in the error and again beside the path. */
export function fieldProblem(path: string, message: string, detail = message): AwsProblem {
  return validation(message, [{ path, message: detail }]);
}

export const validation = (message: string, fieldList: readonly FieldProblem[] = []) =>
  invalid(message, fieldList.length > 0 ? { fieldList } : {});

/** What cannot be read at all; the service says no more than this. */
export const unreadable = () => new AwsProblem(400, 'SerializationException', 'UnknownError');

export const bucketNotFound = () => notFound('The specified vector bucket could not be found');
export const indexNotFound = () => notFound('The specified index could not be found');
const notFound = (message: string) => new AwsProblem(404, 'NotFoundException', message);

export const conflict = (message: string) => new AwsProblem(409, 'ConflictException', message);

/** Some permissions are asked for by what a request contains, not only by its operation. */
export const accessDenied = (action: string) =>
  new AwsProblem(403, 'AccessDeniedException', `User is not authorized to perform: ${action}`);
