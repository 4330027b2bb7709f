/** At most so many UTF-16 units of a text, cut behind a whole word where there is one, with `…` for what is left out. */
export function shortened(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const room = text.slice(0, Math.max(0, maxLength - 1)).replace(/[\uD800-\uDBFF]$/, '');
  const lastSpace = /\s/.test(text.charAt(room.length)) ? room.length : room.search(/\s\S*$/);
  // Languages without spaces, and words without end, are cut where they are.
  const kept = lastSpace > room.length / 2 ? room.slice(0, lastSpace) : room;
  return `${kept.replace(/[\s,;:–-]+$/, '')}…`;
}
