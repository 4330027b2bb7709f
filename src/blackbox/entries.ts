/**
 * A box is a file of records, each a batch of entries as it was written, and each to be read without those before it:
 *
 *     length of what follows the checksum   32 bits, little-endian
 *     CRC-32 of that                        32 bits
 *     length of the entries                 32 bits
 *     entries
 *     texts of the entries                  JSON, each with its length before it, all deflated together
 *
 * What a crash has torn off at the end is found by length and checksum, and left out.
 */
export const CHECKED_FROM = 8;
export const ENTRIES_FROM = 12;

/** Kinds of entries. A number is never given another meaning. Times are µs since the input before, in the first of a record since the epoch. */
export const HEAD = 1;
export const END = 2;
/** The input lies in a sensitive span. */
export const BLANKED = 3;
export const CALLER_AUDIO = 16;
/** Only silence. */
export const CALLER_SILENCE = 17;
/** The frame that follows the one before it on the line. Its time is µs more or less than 20 ms after that. */
export const NEXT_FRAME = 18;
export const NEXT_SILENT_FRAME = 19;
export const MODEL_AUDIO = 20;
/** Of the block before. */
export const MORE_MODEL_AUDIO = 21;
/** Of the block before, and as long as the piece before. */
export const SAME_MODEL_AUDIO = 22;
export const TIMER_FIRED = 23;
export const MARK_RETURNED = 24;
/** One with a name such as `m12`. */
export const NUMBERED_MARK_RETURNED = 25;
/** Any other input, as a text. */
export const INPUT = 26;
/** Inputs are below this, outputs from it on. */
export const FIRST_OUTPUT = 32;
export const PLAY = 32;
export const PLAY_SILENCE = 33;
/** As long as the piece before. */
export const PLAY_SAME = 34;
export const MARK = 35;
export const NUMBERED_MARK = 36;
export const CLEAR = 37;
/** Any other output, as a text. */
export const OUTPUT = 38;

/** How a timestamp of the carrier is written. */
export const STAMP_NONE = 0;
export const STAMP_WHOLE = 1;
export const STAMP_DOUBLE = 2;

/** The time between two frames of the carrier. */
export const FRAME_US = 20_000;
