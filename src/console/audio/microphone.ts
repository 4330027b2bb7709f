/** Why there is no microphone, and what to do about it. */
export class MicrophoneProblem extends Error {
  readonly advice: string;

  constructor(message: string, advice: string) {
    super(message);
    this.name = 'MicrophoneProblem';
    this.advice = advice;
  }
}

/** Opens the microphone of that id, or the usual one. Rejects with a `MicrophoneProblem`. */
export async function openMicrophone(options: { deviceId?: string; cancelsEcho: boolean }): Promise<MediaStream> {
  const { deviceId, cancelsEcho } = options;
  // Undefined on pages that are not secure.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (!devices) {
    throw new MicrophoneProblem(
      'The browser gives no microphone to this address.',
      'It has to begin with https, or be localhost. A file works from here, too.',
    );
  }
  try {
    return await devices.getUserMedia({
      audio: {
        channelCount: 1,
        echoCancellation: cancelsEcho,
        noiseSuppression: cancelsEcho,
        autoGainControl: cancelsEcho,
        ...(deviceId !== undefined && { deviceId: { exact: deviceId } }),
      },
    });
  } catch (error) {
    throw problemOf(error);
  }
}

/** Microphones by id and name; names are there once one has been opened. */
export async function listMicrophones(): Promise<{ id: string; name: string }[]> {
  const devices = await (navigator.mediaDevices as MediaDevices | undefined)?.enumerateDevices();
  return (devices ?? [])
    .filter(({ kind, deviceId, label }) => kind === 'audioinput' && deviceId !== '' && label !== '')
    .map(({ deviceId, label }) => ({ id: deviceId, name: label }));
}

/** What the browser does to the sound of a microphone before anybody gets it. */
export function processingOf(stream: MediaStream): string {
  const { echoCancellation, noiseSuppression, autoGainControl } = stream.getAudioTracks()[0]?.getSettings() ?? {};
  const done = [
    echoCancellation ? 'echo cancelled' : 'echo not cancelled',
    ...(noiseSuppression ? ['noise suppressed'] : []),
    ...(autoGainControl ? ['loudness evened'] : []),
  ];
  return done.join(', ');
}

function problemOf(error: unknown): MicrophoneProblem {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return new MicrophoneProblem(
        'The browser may not use the microphone.',
        'Allow it in the settings of this page (left of the address), and in those of the system; then call again.',
      );
    case 'NotFoundError':
    case 'OverconstrainedError':
      return new MicrophoneProblem('There is no microphone.', 'Plug one in, or choose another one; then call again.');
    case 'NotReadableError':
    case 'AbortError':
      return new MicrophoneProblem(
        'The microphone does not work at the moment.',
        'Another program may hold it: end that one, or choose another microphone; then call again.',
      );
    default:
      return new MicrophoneProblem(
        `The microphone could not be opened${name === '' ? '' : ` (${name})`}.`,
        'Choose another one, or call again.',
      );
  }
}
