import { fileURLToPath } from 'node:url';

export const NUMBER = '+14155550199';
/** What human callers say. */
export const SPEECH_DIR = fileURLToPath(new URL('../../fixtures/speech', import.meta.url));
