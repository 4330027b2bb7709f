import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VoiceEvent, VoiceLoss } from '../../src/call/ports.js';
import { realClock } from '../../src/clock.js';
import type { Fault } from '../../src/emulator/bedrock/faults.js';
import { type BedrockEmulator, startBedrock } from '../../src/emulator/bedrock/server.js';
import { countingIds } from '../../src/ids.js';
import { createLeanTransport } from '../../src/sonic/lean.js';
import { lossOf } from '../../src/sonic/loss.js';
import { sonicModel } from '../../src/sonic/model.js';
import { createStandardTransport } from '../../src/sonic/standard.js';
import type { ModelTransport, StreamOutcome } from '../../src/sonic/stream.js';
import { PROFILE } from './leg-rig.js';

const PROMPT_ERROR = 'RequestId=1 : Invalid input request, please fix your input and try again.';
const IDLE = 'Please ensure gaps between audio bytes and interactive content are less than 55 seconds';

describe('what a stream was lost to', () => {
  it.each<[string, string, number | undefined, VoiceLoss]>([
    ['ThrottlingException', 'Too many requests, please wait before trying again.', 429, 'throttled'],
    ['ThrottlingException', 'Too many tokens', undefined, 'throttled'],
    ['ServiceQuotaExceededException', 'over quota', 400, 'throttled'],
    ['ModelNotReadyException', 'not ready', 429, 'throttled'],
    ['TooManyRequestsException', 'slow down', 429, 'throttled'],
    ['UnknownError', 'no body', 429, 'throttled'],
    ['AccessDeniedException', 'not authorized to perform', 403, 'refused'],
    ['UnrecognizedClientException', 'The security token included in the request is invalid.', 403, 'refused'],
    ['InvalidSignatureException', 'Signature expired', 403, 'refused'],
    ['ExpiredTokenException', 'The security token included in the request is expired', 403, 'refused'],
    ['ExpiredToken', 'expired', 400, 'refused'],
    ['ResourceNotFoundException', 'Could not resolve the foundation model', 404, 'refused'],
    ['ValidationException', 'The provided model identifier is invalid.', 400, 'refused'],
    ['UnknownOperationException', '', 404, 'refused'],
    ['CredentialsProviderError', 'Could not load credentials from any providers', undefined, 'refused'],
    ['UnknownError', 'forbidden by a proxy', 403, 'refused'],
    ['ValidationException', PROMPT_ERROR, undefined, 'rejected'],
    ['ValidationException', 'Chat history is over max limit. Trim chat history and try again.', undefined, 'rejected'],
    ['ValidationException', 'This request has been blocked by our content filters.', undefined, 'filtered'],
    ['ValidationException', 'no such field', 400, 'rejected'],
    ['ModelTimeoutException', 'Model has timed out in processing the request.', undefined, 'expired'],
    ['ModelTimeoutException', 'Model has timed out in processing the request.', 408, 'faulted'],
    ['ValidationException', `Timed out waiting for audio bytes or interactive content. ${IDLE}`, undefined, 'expired'],
    ['ValidationException', 'Timed out waiting for input events', undefined, 'expired'],
    ['ExpiredTokenException', 'The security token included in the request is expired', undefined, 'expired'],
    ['Unknown', 'InternalErrorCode=531::RST_STREAM closed stream. HTTP/2 error code: NO_ERROR', undefined, 'expired'],
    ['ValidationException', 'System instability detected. Please retry your request.', undefined, 'faulted'],
    ['ModelStreamErrorException', 'unexpected error during processing', undefined, 'faulted'],
    ['ModelErrorException', 'model failed', 424, 'faulted'],
    ['InternalServerException', 'unexpected', 500, 'faulted'],
    ['InternalFailure', 'of an error frame', undefined, 'faulted'],
    ['ServiceUnavailableException', 'later', 503, 'faulted'],
    ['SomethingNewException', 'never seen', undefined, 'faulted'],
    ['UnknownError', 'bad gateway', 502, 'faulted'],
    ['ConnectionLost', 'read ECONNRESET', undefined, 'unreachable'],
  ])('%s (%s, status %s) is %s', (name, message, httpStatus, loss) => {
    expect(lossOf({ kind: 'failed', name, message, ...(httpStatus !== undefined && { httpStatus }) })).toBe(loss);
  });

  it.each<StreamOutcome>([{ kind: 'ended' }, { kind: 'aborted' }])('$kind without our asking is ended', (outcome) => {
    expect(lossOf(outcome)).toBe('ended');
  });
});

/** What each transport makes of the same trouble. The SDK's own stream may say no more of a lost one than that it ended. */
describe.each([
  ['lean', createLeanTransport],
  ['standard', createStandardTransport],
] as const)('a leg over sockets (%s)', (kind, createTransport) => {
  const orEnded = (loss: VoiceLoss) => (kind === 'lean' ? loss : expect.stringMatching(`^(${loss}|ended)$`));
  let bedrock: BedrockEmulator;
  let transport: ModelTransport;

  beforeEach(async () => {
    bedrock = await startBedrock();
    const { region, credentials, url } = bedrock;
    transport = createTransport({ region, credentials, endpoint: url });
  });

  afterEach(async () => {
    transport.close();
    await bedrock.close();
  });

  const open = () => {
    const seen: VoiceEvent[] = [];
    const waiting = new Map<VoiceEvent['kind'], () => void>();
    const leg = sonicModel([transport], countingIds(), realClock()).open(PROFILE, {
      audio: () => undefined,
      event(event) {
        seen.push(event);
        waiting.get(event.kind)?.();
      },
    });
    const until = (wanted: VoiceEvent['kind']) =>
      new Promise<VoiceEvent>((resolve) => {
        const look = () => {
          const found = seen.find((event) => event.kind === wanted);
          if (found) resolve(found);
        };
        waiting.set(wanted, look);
        look();
      });
    return { leg, until };
  };

  it.each<[Fault, VoiceLoss]>([
    [{ kind: 'http', status: 429 }, 'throttled'],
    [{ kind: 'http', status: 400, type: 'ServiceQuotaExceededException' }, 'throttled'],
    [{ kind: 'http', status: 403 }, 'refused'],
    [{ kind: 'http', status: 404 }, 'refused'],
    [{ kind: 'http', status: 403, type: 'ExpiredTokenException' }, 'refused'],
    [{ kind: 'http', status: 400 }, 'rejected'],
    [{ kind: 'http', status: 500 }, 'faulted'],
    [{ kind: 'http', status: 503 }, 'faulted'],
    [{ kind: 'refuse' }, 'unreachable'],
    [{ kind: 'tcpReset' }, 'unreachable'],
  ])('tells of an opening that failed: %j is %s', async (fault, loss) => {
    bedrock.failNext(fault);
    const { until } = open();

    expect(await until('closed')).toMatchObject({ asked: false, loss });
  });

  it.each<[Fault, unknown]>([
    [{ kind: 'exception', type: 'throttlingException' }, 'throttled'],
    [{ kind: 'exception', type: 'validationException', message: PROMPT_ERROR }, 'rejected'],
    [{ kind: 'exception', type: 'validationException' }, 'faulted'],
    [{ kind: 'exception', type: 'modelTimeoutException' }, 'expired'],
    [{ kind: 'exception', type: 'modelStreamErrorException' }, 'faulted'],
    [{ kind: 'exception', type: 'internalServerException' }, 'faulted'],
    [{ kind: 'exception', type: 'serviceUnavailableException' }, 'faulted'],
    [{ kind: 'errorFrame' }, 'faulted'],
    [{ kind: 'errorFrame', code: 'ExpiredTokenException', message: 'the token is expired' }, 'expired'],
    [{ kind: 'end' }, 'ended'],
    [{ kind: 'reset', code: 'INTERNAL_ERROR' }, orEnded('unreachable')],
    [{ kind: 'reset', code: 'INTERNAL_ERROR', isAbrupt: true }, 'unreachable'],
    [{ kind: 'tcpReset' }, orEnded('unreachable')],
    [{ kind: 'truncatedFrame' }, 'unreachable'],
    [{ kind: 'badCrc' }, 'unreachable'],
  ])('tells of a live stream that broke: %j is %s', async (fault, loss) => {
    const opened = bedrock.nextSession();
    const { until } = open();
    const session = await opened;
    session.fail({ kind: 'unknownEvent' });
    await until('faulted');
    session.fail(fault);

    expect(await until('closed')).toMatchObject({ asked: false, loss });
  });

  it('tells no loss of a stream that it closes, or gives up', async () => {
    const [closed, aborted] = [open(), open()];
    await closed.until('ready');
    await aborted.until('ready');
    closed.leg.close();
    aborted.leg.abort();

    expect(await closed.until('closed')).toEqual({ kind: 'closed', asked: true, reason: 'ended' });
    expect(await aborted.until('closed')).toEqual({ kind: 'closed', asked: true, reason: 'aborted' });
  });

  it('closes a stream in the legal order that was opened held and never began', async () => {
    const opened = bedrock.nextSession();
    const leg = sonicModel([transport], countingIds(), realClock()).open(
      PROFILE,
      { audio: () => undefined, event: () => undefined },
      { held: true },
    );
    const session = await opened;
    leg.close();

    expect(await session.closed).toBe('sessionEnd');
    expect(session.violations).toEqual([]);
  });
});
