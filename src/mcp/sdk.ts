/** The parts of the MCP SDK in use. */
export interface McpSdk {
  readonly Client: typeof import('@modelcontextprotocol/sdk/client/index.js').Client;
  readonly Transport: typeof import('@modelcontextprotocol/sdk/client/streamableHttp.js').StreamableHTTPClientTransport;
  readonly HttpError: typeof import('@modelcontextprotocol/sdk/client/streamableHttp.js').StreamableHTTPError;
  readonly McpError: typeof import('@modelcontextprotocol/sdk/types.js').McpError;
  readonly toolListChangedSchema: typeof import('@modelcontextprotocol/sdk/types.js').ToolListChangedNotificationSchema;
}

/** Loads the SDK, which takes long enough that only bridges with MCP tools should wait for it. */
export async function loadSdk(): Promise<McpSdk> {
  const [client, http, types] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ]);
  return {
    Client: client.Client,
    Transport: http.StreamableHTTPClientTransport,
    HttpError: http.StreamableHTTPError,
    McpError: types.McpError,
    toolListChangedSchema: types.ToolListChangedNotificationSchema,
  };
}
