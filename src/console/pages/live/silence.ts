/** Nobody has said anything for so long that somebody should look. */
export const SILENT_MS = 4000;
