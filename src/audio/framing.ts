/** One telephone frame: 20 ms, the unit in which Twilio sends and in which agent audio is relayed. */
export const FRAME_MS = 20;
/** Mu-law bytes of one frame at 8 kHz. */
export const FRAME_BYTES = 160;
