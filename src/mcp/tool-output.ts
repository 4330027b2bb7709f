import { z } from 'zod';

/** What a tool came to, in the form in which the voice model gets it. */
export interface McpToolAnswer {
  readonly output: Record<string, unknown>;
  /** The tool itself says that it failed; `output` tells why. */
  readonly isError: boolean;
}

/** The result of `tools/call`, read no deeper than it is used. Source: MCP, server features, tools. */
export const callResultSchema = z.looseObject({
  // A text among them says what a large answer lacks.
  content: z.array(z.union([z.string(), z.looseObject({ type: z.string() })])).default([]),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().default(false),
});
export type CallResult = z.infer<typeof callResultSchema>;

const resourceSchema = z.object({ uri: z.string().optional(), text: z.string().optional() });

/**
 * Structured content as it is, else the texts joined by line breaks as `text`. What cannot be spoken about (images,
 * sound, files, links) is left out and named in `leftOut`.
 */
export function toolAnswer({ content, structuredContent, isError }: CallResult): McpToolAnswer {
  if (structuredContent) return { output: structuredContent, isError };
  const texts: string[] = [];
  const leftOut: string[] = [];
  for (const item of content) {
    if (typeof item === 'string') {
      texts.push(item);
      continue;
    }
    const text = item.type === 'text' ? item.text : resourceSchema.safeParse(item.resource).data?.text;
    if (typeof text === 'string') texts.push(text);
    else leftOut.push(nameOf(item));
  }
  return { output: { text: texts.join('\n'), ...(leftOut.length > 0 && { leftOut }) }, isError };
}

function nameOf(item: Exclude<CallResult['content'][number], string>): string {
  const kind = item.type === 'resource_link' ? 'link' : item.type;
  const uri = item.uri ?? resourceSchema.safeParse(item.resource).data?.uri;
  const detail = [item.title ?? item.name, item.mimeType, uri].find((each) => typeof each === 'string');
  return detail === undefined ? kind : `${kind} (${String(detail)})`;
}
