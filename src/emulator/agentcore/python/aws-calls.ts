import type { ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime';
import type { GetObjectCommandInput } from '@aws-sdk/client-s3';
import type { AwsCalls } from './services.js';

/** Where a stand-in is reached and by whom. */
interface Place {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What programs reach with boto3, over the wire of the local stand-ins. The SDK's clients are loaded when they are needed. */
export function localAwsCalls(places: { models?: Place; s3?: Place }): { calls: AwsCalls; close(): void } {
  const { models, s3 } = places;
  const closing: (() => void)[] = [];
  const bedrock = once(async () => {
    const sdk = await import('@aws-sdk/client-bedrock-runtime');
    const client = new sdk.BedrockRuntimeClient({ ...models, maxAttempts: 1 });
    closing.push(() => client.destroy());
    return { sdk, client };
  });
  const storage = once(async () => {
    const sdk = await import('@aws-sdk/client-s3');
    const client = new sdk.S3Client({ ...s3, forcePathStyle: true, maxAttempts: 1 });
    closing.push(() => client.destroy());
    return { sdk, client };
  });
  return {
    calls: {
      ...(models && {
        async 'bedrock-runtime.converse'(input, abortSignal) {
          const { sdk, client } = await bedrock();
          const command = new sdk.ConverseCommand(input as ConverseCommandInput);
          const { $metadata, ...answer } = await client.send(command, { abortSignal });
          return answer;
        },
      }),
      ...(s3 && {
        async 's3.get_object'(input, abortSignal) {
          const { sdk, client } = await storage();
          const command = new sdk.GetObjectCommand(input as GetObjectCommandInput);
          const { Body, ETag, ContentType } = await client.send(command, { abortSignal });
          return { Body: await Body?.transformToByteArray(), ETag, ContentType };
        },
      }),
    },
    close() {
      for (const close of closing.splice(0)) close();
    },
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
