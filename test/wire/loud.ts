/** Whether anything is heard on that side of a stereo WAV at 8 kHz while a turn lasted. */
export function isLoud(
  wav: Buffer,
  side: 'caller' | 'agent',
  { startMs, endMs }: { startMs: number; endMs: number },
): boolean {
  const channel = side === 'caller' ? 0 : 2;
  for (let at = 44 + startMs * 32; at < Math.min(wav.length, 44 + endMs * 32); at += 4) {
    if (Math.abs(wav.readInt16LE(at + channel)) > 1000) return true;
  }
  return false;
}
