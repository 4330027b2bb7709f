/** A text of the longest procedure, whatever it is written in. */
const MAX_BYTES = 1024 * 1024;

/** The words of a file that was dropped. Rejects, in words, what is no text. */
export async function readProcedure(file: File): Promise<string> {
  if (file.size > MAX_BYTES) {
    throw new Error(`${file.name} has ${shownSize(file.size)}: no procedure of 200,000 characters is as long.`);
  }
  const bytes = await file.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${file.name} is not text in UTF-8: save it as plain text or Markdown, or paste the words.`);
  }
  if (text.includes('\0')) throw new Error(`${file.name} is a binary file: paste the words themselves.`);
  return text;
}

function shownSize(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
