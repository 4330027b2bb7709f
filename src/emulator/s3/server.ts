import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { realClock } from '../../clock.js';
import { countingIds } from '../../ids.js';
import { DEFAULT_CREDENTIALS, DEFAULT_REGION } from '../aws/signature.js';
import { letReach } from '../reach.js';
import { checkSignature } from './access.js';
import { checkBody } from './body.js';
import type { Answer, RequestRecord, S3Emulator, S3Fault, S3Options, StoredObject } from './contract.js';
import { Faults, sendAnswer } from './faults.js';
import { listObjects } from './listing.js';
import { copyObject, deleteObject, getObject, putObject } from './objects.js';
import { noSuchBucket, notImplemented, problemAnswer, S3Problem } from './problem.js';
import { queryOf, recordOf } from './request.js';

/**
 * A stand-in for Amazon S3 on loopback, path style, in memory: single objects and lists of them. What it does not know it
 * refuses (501). Source: Amazon S3 API reference; the requests of its SDK.
 */
export async function startS3(options: S3Options): Promise<S3Emulator> {
  const { clock = realClock(), ids = countingIds(), region = DEFAULT_REGION } = options;
  const { credentials = DEFAULT_CREDENTIALS } = options;
  const buckets = new Map(options.buckets.map((bucket) => [bucket, new Map<string, StoredObject>()]));
  const requests: RequestRecord[] = [];
  const faults = new Faults();
  const open = new Set<ServerResponse>();

  const objectsOf = (bucket: string) => {
    const objects = buckets.get(bucket);
    if (!objects) throw noSuchBucket(bucket);
    return objects;
  };

  const work = async (request: IncomingMessage, record: RequestRecord): Promise<Answer> => {
    const { bucket, key, operation, headers, path } = record;
    checkSignature(request, { service: 's3', region, credentials });
    if (operation === undefined) throw notImplemented(`${record.method} ${path}`);
    const body = checkBody(headers, await buffer(request));
    const objects = objectsOf(bucket);
    switch (operation) {
      case 'PutObject':
        return putObject(objects, key, headers, body, clock.now());
      case 'CopyObject':
        return copyObject(buckets, { objects, key }, headers, clock.now());
      case 'GetObject':
      case 'HeadObject':
        return getObject(objects, key, headers);
      case 'DeleteObject':
        return deleteObject(objects, key, headers);
      case 'ListObjectsV2':
        return listObjects(bucket, objects, queryOf(path));
      case 'HeadBucket':
        return { status: 200, headers: { 'x-amz-bucket-region': region } };
    }
  };

  const answerTo = async (
    request: IncomingMessage,
    record: RequestRecord,
    fault: S3Fault | undefined,
    requestId: string,
  ): Promise<Answer> => {
    try {
      if (fault?.kind === 'error') throw new S3Problem(fault.status, fault.code, fault.message ?? fault.code);
      return await work(request, record);
    } catch (error) {
      if (!(error instanceof S3Problem)) throw error;
      return problemAnswer(error, record.path.split('?')[0] ?? '', requestId);
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const record = recordOf(request);
    const requestId = ids.uuid();
    requests.push(record);
    open.add(response);
    response.on('close', () => open.delete(response));
    const fault = faults.take(record);
    if (fault?.kind === 'hang' && fault.afterBytes === undefined) return;
    if (fault?.kind === 'reset' && !fault.isDone) return void request.socket.destroy();
    const answer = await answerTo(request, record, fault, requestId);
    if (fault?.kind === 'reset') return void request.socket.destroy();
    record.status = answer.status;
    const named = { Server: 'AmazonS3', 'x-amz-request-id': requestId, 'x-amz-id-2': requestId, ...answer.headers };
    await sendAnswer(response, { ...answer, headers: named }, fault, { clock, isHead: record.method === 'HEAD' });
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // The client went while its body was read, or this stand-in has a fault of its own.
      if (!request.complete || response.headersSent) request.socket.destroy();
      else response.writeHead(500, { 'Content-Type': 'text/plain' }).end(String(error));
    });
  });
  const url = await letReach(server, options);

  return {
    url,
    region,
    credentials,
    requests,
    get openRequests() {
      return open.size;
    },
    objects: objectsOf,
    failNext: (fault, times = 1, match = () => true) => faults.order(fault, times, match),
    async close() {
      const ended = [...open].map((response) => new Promise((resolve) => response.on('close', resolve)));
      server.closeAllConnections();
      await Promise.all(ended);
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
