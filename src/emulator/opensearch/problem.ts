import type { AwsAnswer } from '../aws/answer.js';

/** A refusal as OpenSearch words it: `{ error: { root_cause, type, reason }, status }`. */
export class SearchProblem extends Error {
  override readonly name = 'SearchProblem';
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, reason: string) {
    super(reason);
    this.status = status;
    this.type = type;
  }

  answer(): AwsAnswer {
    const { status, type, message: reason } = this;
    return { status, body: { error: { root_cause: [{ type, reason }], type, reason }, status } };
  }
}

export const noSuchIndex = (name: string) =>
  new SearchProblem(404, 'index_not_found_exception', `no such index [${name}]`);

/** What policies of the collection do not allow; the service tells no more. */
export function forbidden(requestId: string): AwsAnswer {
  return {
    status: 403,
    body: { status: 403, 'request-id': requestId, error: { reason: '403 Forbidden', type: 'Forbidden' } },
  };
}
