/** A recording that speaks in place of a microphone. */
export interface AudioFile {
  readonly name: string;
  readonly bytes: Blob;
  /** Of a recorded call only the caller, who is left. */
  readonly onlyLeft: boolean;
}

/** What nobody wants to hold in memory as sound. */
const LARGEST_BYTES = 100 * 1024 * 1024;
/** At this rate it is looked at; it is played at that of the loudspeaker. */
const LOOK_RATE_HZ = 8000;

/** Whether the browser can play it: resolves with how long it sounds, in ms. Rejects with words. */
export async function lookAtFile(file: AudioFile): Promise<number> {
  if (file.bytes.size > LARGEST_BYTES) {
    const mb = Math.round(file.bytes.size / 1024 / 1024);
    throw new Error(
      `${file.name} has ${mb} MB; the limit is ${LARGEST_BYTES / 1024 / 1024} MB. Cut out what is to be said.`,
    );
  }
  const { duration } = await decoded(new OfflineAudioContext(1, 1, LOOK_RATE_HZ), file);
  return duration * 1000;
}

/** Its sound at the rate of the context, in one channel where only one counts. Rejects with words. */
export async function decoded(context: BaseAudioContext, file: AudioFile): Promise<AudioBuffer> {
  let buffer: AudioBuffer;
  try {
    buffer = await context.decodeAudioData(await file.bytes.arrayBuffer());
  } catch {
    throw new Error(`The browser cannot play ${file.name}. WAV, MP3, OGG and M4A work in most.`);
  }
  if (!file.onlyLeft || buffer.numberOfChannels === 1) return buffer;
  const left = new AudioBuffer({ length: buffer.length, sampleRate: buffer.sampleRate, numberOfChannels: 1 });
  left.copyToChannel(buffer.getChannelData(0), 0);
  return left;
}
