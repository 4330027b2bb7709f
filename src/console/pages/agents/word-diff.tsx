import { diffWordsWithSpace } from 'diff';

/** A text with what has come into it and what has gone, word by word. */
export function WordDiff({ before, after }: { before: string; after: string }) {
  return (
    <p className="agent-text agent-diff">
      {diffWordsWithSpace(before, after).map(({ value, added, removed }, index) => {
        const key = `${index}`;
        if (added) return <ins key={key}>{value}</ins>;
        return removed ? <del key={key}>{value}</del> : <span key={key}>{value}</span>;
      })}
    </p>
  );
}
