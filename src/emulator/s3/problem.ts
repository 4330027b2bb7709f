import type { Answer } from './contract.js';
import { element, XML_HEAD } from './xml.js';

/** A refusal as S3 words it. Source: Amazon S3 API reference, error responses. */
export class S3Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** More elements of the error document. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

export function problemAnswer(problem: S3Problem, resource: string, requestId: string): Answer {
  const { status, code, message, details, headers } = problem;
  const members = { Code: code, Message: message, ...details, Resource: resource, RequestId: requestId };
  const body = Object.entries(members)
    .map(([name, text]) => element(name, text))
    .join('');
  return {
    status,
    headers: { 'Content-Type': 'application/xml', ...headers },
    body: `${XML_HEAD}<Error>${body}</Error>`,
  };
}

export const noSuchBucket = (bucket: string) =>
  new S3Problem(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucket });
export const noSuchKey = (key: string) =>
  new S3Problem(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key });
export const preconditionFailed = (condition: string) =>
  new S3Problem(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
export const invalidRange = (range: string, byteLength: number) =>
  new S3Problem(
    416,
    'InvalidRange',
    'The requested range is not satisfiable',
    { RangeRequested: range, ActualObjectSize: String(byteLength) },
    { 'Content-Range': `bytes */${byteLength}` },
  );
export const invalidArgument = (message: string, name: string, value: string) =>
  new S3Problem(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });
export const invalidRequest = (message: string) => new S3Problem(400, 'InvalidRequest', message);
export const incompleteBody = () => new S3Problem(400, 'IncompleteBody', 'The request body terminated unexpectedly');
export const accessDenied = () => new S3Problem(403, 'AccessDenied', 'Access Denied');
/** S3 can do it, or a part of it; this stand-in cannot. */
export const notImplemented = (what: string) =>
  new S3Problem(501, 'NotImplemented', `A header or parameter implies functionality that is not here: ${what}`);
