import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';
import type { StoredObject } from '../../../src/emulator/s3/contract.js';

export const LOADER_PY = readFileSync(new URL('../../../creator/loader/agent.py', import.meta.url), 'utf8');

/** A program whose entrypoint is this. */
export function program(entrypoint: string): string {
  return `
import json
import os
from pathlib import Path
import boto3
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()

@app.entrypoint
${entrypoint}

if __name__ == "__main__":
    app.run()
`;
}

/** Answers by a model that is told what stands beside the program. */
export const CONVERSING = program(`
def invoke(payload, context):
    prompt = Path(__file__).with_name("full_prompt.md").read_text(encoding="utf-8")
    answer = boto3.client("bedrock-runtime").converse(
        modelId="amazon.nova-pro-v1:0",
        system=[{"text": prompt}],
        messages=[{"role": "user", "content": [{"text": payload["prompt"]}]}],
    )
    said = answer["output"]["message"]["content"][0]["text"]
    return {"result": said, "session": context.session_id, "payload": payload}
`);

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Puts the files of a version and its manifest into a bucket; answers the manifest's hash. */
export function store(
  objects: ReadonlyMap<string, StoredObject>,
  prefix: string,
  files: Record<string, string>,
): string {
  const hashes = Object.entries(files).map(([name, text]) => [name, sha256(text)]);
  const manifest = JSON.stringify({ files: Object.fromEntries(hashes) });
  for (const [name, text] of Object.entries({ ...files, 'manifest.json': manifest })) put(objects, prefix + name, text);
  return sha256(manifest);
}

export function put(objects: ReadonlyMap<string, StoredObject>, key: string, content: string | Buffer): void {
  const object = {
    body: Buffer.from(content),
    contentType: '',
    etag: '"1"',
    metadata: {},
    headers: {},
    crc32: undefined,
  };
  (objects as Map<string, StoredObject>).set(key, { ...object, lastModifiedMs: 0 });
}

export function asking(agentRuntimeArn: string, session: string, payload: unknown): InvokeAgentRuntimeCommand {
  return new InvokeAgentRuntimeCommand({
    agentRuntimeArn,
    runtimeSessionId: session.padEnd(33, '-'),
    payload: Buffer.from(JSON.stringify(payload)),
  });
}
