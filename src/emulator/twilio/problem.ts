/** A refusal as Twilio's REST API words it. Source: Twilio, API responses; error and warning dictionary. */
export class RestProblem extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  get body() {
    const { status, code, message } = this;
    return { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status };
  }
}

export const notFound = (path: string) => new RestProblem(404, 20404, `The requested resource ${path} was not found`);
export const unauthorized = () => new RestProblem(401, 20003, 'Authenticate');
export const tooMany = () => new RestProblem(429, 20429, 'Too Many Requests');
export const notAllowed = () => new RestProblem(405, 20004, 'Method not allowed');
