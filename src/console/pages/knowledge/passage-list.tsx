import type { Passage } from './types.ts';

/** What was found, best first. */
export function PassageList({ passages }: { passages: readonly Passage[] }) {
  if (passages.length === 0) return null;
  return (
    <ol className="knowledge-passages" aria-label="Passages">
      {passages.map((passage, index) => (
        <li key={index}>
          <PassageView passage={passage} rank={index + 1} />
        </li>
      ))}
    </ol>
  );
}

function PassageView({ passage: { text, source, score, metadata }, rank }: { passage: Passage; rank: number }) {
  return (
    <>
      <div className="knowledge-passage-head">
        <span className="tabular">{rank}</span>
        <span className="knowledge-score" aria-hidden>
          <span style={{ transform: `scaleX(${score})` }} />
        </span>
        <span className="tabular">
          <span className="hidden-visually">score </span>
          {score.toFixed(2)}
        </span>
        <span className="knowledge-words">
          {source ?? 'no source'}
          {typeof metadata.page === 'number' && `, page ${metadata.page}`}
        </span>
      </div>
      <p className="knowledge-passage">{text}</p>
      {Object.keys(metadata).length > 0 && (
        <details className="knowledge-metadata">
          <summary>Metadata</summary>
          <pre className="mono">{JSON.stringify(metadata, null, 2)}</pre>
        </details>
      )}
    </>
  );
}
