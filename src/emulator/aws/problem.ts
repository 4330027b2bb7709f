/** A refusal as REST-JSON services word it: the type in `x-amzn-errortype`, the text and any further members as JSON. */
export class AwsProblem extends Error {
  override readonly name = 'AwsProblem';
  readonly status: number;
  readonly type: string;
  readonly members: object;

  constructor(status: number, type: string, message: string, members: object = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.members = members;
  }
}

/** 400 ValidationException. */
export function invalid(message: string, members: object = {}): AwsProblem {
  return new AwsProblem(400, 'ValidationException', message, members);
}

/** 404 ResourceNotFoundException. */
export function notFound(message: string): AwsProblem {
  return new AwsProblem(404, 'ResourceNotFoundException', message);
}
