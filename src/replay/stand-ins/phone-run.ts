import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Clock, realClock } from '../../clock.js';
import { type CallEnd, type PhoneCall, TwilioFault } from '../../emulator/phone/phone.js';
import { readCallerWav } from '../../emulator/phone/wav.js';
import { BridgeError, messageOf } from '../../errors.js';
import { randomIds } from '../../ids.js';
import { sharedRecording } from '../fixture/fixture.js';
import type { Network } from '../fixture/network-schema.js';
import { type Impairment, parseImpairments } from '../impair.js';
import { lineOf } from '../network-line.js';
import { evenIfRefused } from '../placing.js';
import type { Terminal } from '../run/terminal.js';
import { lineWriter, ms } from './event-lines.js';
import { LineQuiet } from './line-quiet.js';
import { PhoneLines } from './phone-lines.js';
import { phoneAt, type WebhookSite } from './webhook.js';

/** What the caller does next, once the line has been quiet for a while. */
export type PhoneStep = { kind: 'say'; file: string } | { kind: 'press'; keys: string };

export interface PhoneRunOptions extends WebhookSite {
  from: string;
  to: string;
  steps: readonly PhoneStep[];
  /** How long nothing is heard before the next step, in ms. */
  quietMs: number;
  /** The caller hangs up so long after the line was there, in ms. */
  hangUpAfterMs: number;
  /** A list such as `jitter=30,loss=2`. */
  network?: string | undefined;
  /** Gets caller and agent as a stereo WAV. */
  out?: string | undefined;
}

const CARRIED = 0;
const FAULTY = 1;
const COULD_NOT_RUN = 2;

/** A step is taken although nobody answered the one before, in ms. */
const ANSWER_LIMIT_MS = 10_000;
/** The phone's number for an address that it does not know the way to. */
const FOREIGN_HOST = 11210;
/** Twilio's number for a webhook to which no connection came about. */
const UNREACHABLE = 11205;

/**
 * Places one call and tells what happens. Resolves with the exit code: 0 the call was carried, 1 it was lost or Twilio would
 * have complained, 2 it could not be placed. Never rejects. The caller hangs up when the signal aborts.
 */
export async function runPhone(options: PhoneRunOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  try {
    return await run(options, terminal, signal);
  } catch (error) {
    const isExpected = error instanceof BridgeError || error instanceof TwilioFault || !(error instanceof Error);
    terminal.tell(`${isExpected || isFileError(error) ? messageOf(error) : (error.stack ?? '')}\n`);
    return COULD_NOT_RUN;
  }
}

async function run(options: PhoneRunOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { from, to, steps, out } = options;
  const clock = realClock();
  const { phone, at } = phoneAt(options, clock);
  const speech = new Map(
    steps.flatMap((step) => (step.kind === 'say' ? [[step.file, recordingAt(step.file)] as const] : [])),
  );
  const line = lineFor(options.network === undefined ? [] : parseImpairments(options.network));
  if (out !== undefined) mkdirSync(dirname(resolve(out)), { recursive: true });
  const write = lineWriter(clock, terminal.print);
  const lines = new PhoneLines();
  const quiet = new LineQuiet(clock);

  const callSid = `CA${randomIds().uuid().replaceAll('-', '')}`;
  write('calling', `${to} at ${at.voiceUrl} (${callSid})`);
  const call = await evenIfRefused(
    phone.call({
      ...at,
      callSid,
      from,
      to,
      ...line,
      listen(event) {
        quiet.hear(event);
        for (const [what, words] of lines.of(event)) write(what, words);
      },
    }),
  );
  const over = new AbortController();
  void call.ended.then(() => over.abort());
  const hangUp = () => void call.hangUp();
  signal.addEventListener('abort', hangUp, { once: true });
  // Who got no TwiML at all need not hear how Twilio apologises.
  if (signal.aborted || call.twiml.length === 0) hangUp();
  const cancel = clock.after(options.hangUpAfterMs, hangUp);
  await takeSteps(steps, { call, clock, quiet, speech, write, quietMs: options.quietMs, signal: over.signal });
  const end = await call.ended;
  cancel();
  signal.removeEventListener('abort', hangUp);
  for (const hint of hintsFor(call, at.voiceUrl)) write('hint', hint);
  write('heard', `${ms(call.playedMs)} of the agent; ${call.marks.length} marks, ${call.clears.length} clears`);
  if (out !== undefined) {
    await call.writeWav(out);
    write('written', `${out}: the caller left, the agent right`);
  }
  return exitCodeOf(call, end);
}

async function takeSteps(
  steps: readonly PhoneStep[],
  home: {
    call: PhoneCall;
    clock: Clock;
    quiet: LineQuiet;
    speech: ReadonlyMap<string, Uint8Array>;
    write: (what: string, words: string) => void;
    quietMs: number;
    signal: AbortSignal;
  },
): Promise<void> {
  const { call, clock, quiet, speech, write, quietMs, signal } = home;
  // Nobody is answered before the first step: the agent may greet the caller, or wait for their word.
  let sinceMs = Number.NEGATIVE_INFINITY;
  for (const [index, step] of steps.entries()) {
    if (!(await quiet.after(sinceMs, { quietMs, limitMs: ANSWER_LIMIT_MS }, signal))) {
      write('caller', `did not come to step ${index + 1}`);
      return;
    }
    if (step.kind === 'press') await call.press(step.keys);
    else {
      write('caller', `says ${step.file}`);
      await call.say(speech.get(step.file) ?? new Uint8Array());
    }
    sinceMs = clock.now();
  }
}

/** What most often is the cause, where Twilio's own words do not tell. */
function hintsFor({ warnings, requests }: PhoneCall, voiceUrl: string): string[] {
  const isRefused = requests.some(({ url, status }) => url === voiceUrl && (status === 401 || status === 403));
  return [
    ...(isRefused
      ? [`it does not take the signature: is the auth token its own, and is it known by ${new URL(voiceUrl).origin}?`]
      : []),
    ...(warnings.some(({ code }) => code === FOREIGN_HOST)
      ? ['the address that its TwiML names can be given as --public-url']
      : []),
  ];
}

function exitCodeOf({ warnings, requests }: PhoneCall, { by }: CallEnd): number {
  const wasReached = requests.some(({ status }) => status !== undefined);
  if (!wasReached && warnings.some(({ code }) => code === UNREACHABLE)) return COULD_NOT_RUN;
  return warnings.length > 0 || by === 'lost' ? FAULTY : CARRIED;
}

function recordingAt(file: string): Uint8Array {
  return readCallerWav(readFileSync(file), file);
}

function lineFor(impairments: readonly Impairment[]): ReturnType<typeof lineOf> {
  const gaps = impairments.flatMap(({ network }) => network.gaps ?? []);
  const network: Network = Object.assign({}, ...impairments.map((each) => each.network), gaps.length > 0 && { gaps });
  const { talker } = network;
  return lineOf({ network }, new Map(talker ? [[talker.say, sharedRecording(talker.say)]] : []));
}

function isFileError(error: Error): boolean {
  return 'code' in error && 'syscall' in error;
}
