import { AwsProblem } from './problem.js';
import type { AwsAnswer, AwsRequest } from './server.js';

/** One operation of a REST-JSON service. */
export interface Route {
  method: string;
  /** As in the service's model: `/runtimes/{agentRuntimeArn}/invocations`. A slash at the end does not count. */
  path: string;
  /** Gets the decoded values of the path's labels in their order. */
  handle(request: AwsRequest, ...labels: string[]): AwsAnswer | Promise<AwsAnswer>;
}

/** Finds operations by method and path; anything else is 404 UnknownOperationException. */
export function routes(table: Readonly<Record<string, Route>>): {
  handle(request: AwsRequest): AwsAnswer | Promise<AwsAnswer>;
  operationOf(request: { method: string; path: string }): string | undefined;
} {
  const known = Object.entries(table).map(([operation, route]) => ({ operation, route, parts: partsOf(route.path) }));
  const find = ({ method, path }: { method: string; path: string }) => {
    const parts = partsOf(path);
    return known.find(
      (entry) =>
        entry.route.method === method &&
        entry.parts.length === parts.length &&
        entry.parts.every((part, index) => (isLabel(part) ? parts[index] !== '' : part === parts[index])),
    );
  };
  return {
    operationOf: (request) => find(request)?.operation,
    handle(request) {
      const found = find(request);
      if (!found) throw new AwsProblem(404, 'UnknownOperationException', 'Unknown operation');
      const labels = partsOf(request.path).filter((_, index) => isLabel(found.parts[index] ?? ''));
      return found.route.handle(request, ...labels.map(decodeURIComponent));
    },
  };
}

function partsOf(path: string): string[] {
  return path.replace(/\/$/, '').split('/');
}

function isLabel(part: string): boolean {
  return part.startsWith('{');
}
