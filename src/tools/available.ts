import { BridgeError } from '../errors.js';

/** The port, or TOOL_FAILED when this bridge was put together without it. */
export function available<Port>(port: Port | undefined): Port {
  if (port === undefined) {
    throw new BridgeError('TOOL_FAILED', 'this tool is not set up here', { reason: 'not-configured' });
  }
  return port;
}
