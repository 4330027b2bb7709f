import type { IncomingHttpHeaders } from 'node:http';
import type { ScriptedResult, ScriptedTool } from './contract.js';
import { INVALID_PARAMS, isObject, RpcProblem } from './rpc.js';

/** The tools of the stand-in: listed page by page, and called. Throws `RpcProblem`. */
export class ToolList {
  tools: readonly ScriptedTool[];
  readonly #pageSize: number;
  readonly #counts = new Map<string, number>();

  constructor(tools: readonly ScriptedTool[], pageSize: number) {
    this.tools = tools;
    this.#pageSize = pageSize;
  }

  page(params: Readonly<Record<string, unknown>>): { tools: object[]; nextCursor?: string } {
    const from = params.cursor === undefined ? 0 : Number(Buffer.from(String(params.cursor), 'base64url').toString());
    if (!Number.isInteger(from) || from < 0) throw new RpcProblem(200, INVALID_PARAMS, 'Invalid cursor');
    const to = from + this.#pageSize;
    const tools = this.tools.slice(from, to).map(({ answer: _answer, ...described }) => described);
    if (to >= this.tools.length) return { tools };
    return { tools, nextCursor: Buffer.from(String(to)).toString('base64url') };
  }

  async call(
    params: Readonly<Record<string, unknown>>,
    context: { headers: IncomingHttpHeaders; signal: AbortSignal },
  ): Promise<ScriptedResult> {
    const { name, arguments: input = {}, _meta: meta } = params;
    const tool = this.tools.find((each) => each.name === name);
    if (!tool || typeof name !== 'string') throw new RpcProblem(200, INVALID_PARAMS, `Unknown tool: ${String(name)}`);
    if (!isObject(input)) throw new RpcProblem(200, INVALID_PARAMS, 'the arguments are no object');
    const count = this.#counts.get(name) ?? 0;
    this.#counts.set(name, count + 1);
    return tool.answer ? await tool.answer(input, { count, meta, ...context }) : {};
  }
}
