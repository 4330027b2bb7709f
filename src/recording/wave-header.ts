/** What every recording is: 16-bit PCM, two channels, 8 kHz. One pair is one sample of each channel. */
export const PAIRS_PER_MS = 8;
export const BYTES_PER_PAIR = 4;
export const HEADER_BYTES = 44;

const RATE_HZ = 8000;
const LARGEST_DATA_BYTES = 0xffff_ffff - (HEADER_BYTES - 8);

/** Writes the header of a recording with this much audio into the first 44 bytes. */
export function writeHeader(target: Buffer, audioByteLength: number): void {
  const dataBytes = Math.min(audioByteLength, LARGEST_DATA_BYTES);
  target.write('RIFF', 0, 'latin1');
  target.writeUInt32LE(dataBytes + HEADER_BYTES - 8, 4);
  target.write('WAVEfmt ', 8, 'latin1');
  target.writeUInt32LE(16, 16);
  target.writeUInt16LE(1, 20);
  target.writeUInt16LE(2, 22);
  target.writeUInt32LE(RATE_HZ, 24);
  target.writeUInt32LE(RATE_HZ * BYTES_PER_PAIR, 28);
  target.writeUInt16LE(BYTES_PER_PAIR, 32);
  target.writeUInt16LE(16, 34);
  target.write('data', 36, 'latin1');
  target.writeUInt32LE(dataBytes, 40);
}

/** How long a recording of this many bytes sounds, in ms. */
export function durationOf(byteLength: number): number {
  return Math.round(Math.max(0, byteLength - HEADER_BYTES) / BYTES_PER_PAIR / PAIRS_PER_MS);
}
