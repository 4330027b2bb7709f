import { messageOf } from '../../../errors.js';

/** One operation of a service, with boto3's name and parameters: `converse` of `bedrock-runtime`. */
export type AwsCall = (input: unknown, signal: AbortSignal) => Promise<object>;

/** By `service.operation`, as boto3 names both: `s3.get_object`. */
export type AwsCalls = Readonly<Record<string, AwsCall>>;

/** What boto3's stub gets: the operation's answer, the service's refusal, or that there is no such operation here. */
export async function answerCall(
  calls: AwsCalls,
  { service, operation, input }: { service: string; operation: string; input: string },
  signal: AbortSignal,
): Promise<string> {
  const call = calls[`${service}.${operation}`];
  if (!call) return JSON.stringify({ missing: true });
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    const given: unknown = JSON.parse(input, bytesOf);
    return JSON.stringify({ value: await Promise.race([call(given, signal), aborted]) }, textOfBytes);
  } catch (error) {
    return JSON.stringify({ error: refusalOf(error) });
  }
}

/** Bytes of the SDK to what the stub makes `bytes` of. */
function textOfBytes(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  // A Buffer has become something else by the time it comes here.
  const original = this[key];
  return original instanceof Uint8Array ? { __bytes__: Buffer.from(original).toString('base64') } : value;
}

function bytesOf(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('__bytes__' in value)) return value;
  return Buffer.from(String(value.__bytes__), 'base64');
}

function refusalOf(error: unknown): { code: string; message: string; status: number } {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return { code: name ?? 'Unknown', message: messageOf(error), status: $metadata?.httpStatusCode ?? 500 };
}
