import type { Requirements } from '../../../creator/artefacts.ts';
import { List } from '../../parts/list.tsx';

/** What was read out of the procedure; first what keeps an agent from being made of it. */
export function ClausesView({ requirements }: { requirements: Requirements }) {
  const { purpose, language, clauses, contradictions, suspicious } = requirements;
  return (
    <div className="creator-made">
      {contradictions.length > 0 && (
        <section className="creator-review" data-yes={false} aria-label="Contradictions">
          <p>
            <strong>The procedure contradicts itself.</strong>
          </p>
          <ul>
            {contradictions.map(({ quotes, explanation }) => (
              <li key={quotes.join()}>
                {quotes.map((quote) => (
                  <blockquote key={quote} className="creator-quote">
                    {quote}
                  </blockquote>
                ))}
                {explanation}
              </li>
            ))}
          </ul>
        </section>
      )}
      {suspicious.length > 0 && (
        <section className="creator-review" data-yes={false} aria-label="Words to whoever makes the agent">
          <p>
            <strong>It speaks to whoever makes or reviews the agent instead of describing what to do.</strong>
          </p>
          {suspicious.map((quote) => (
            <blockquote key={quote} className="creator-quote">
              {quote}
            </blockquote>
          ))}
        </section>
      )}
      <p>
        {purpose} <span className="creator-dim">Language: {language}.</span>
      </p>
      <List label="Clauses" columns={['Kind', 'The procedure says', 'Read as']}>
        {clauses.map(({ id, kind, quote, summary }) => (
          <tr key={id}>
            <td>{kind}</td>
            <td className="wide">{quote}</td>
            <td className="wide creator-dim">{summary === quote ? 'the same' : summary}</td>
          </tr>
        ))}
      </List>
    </div>
  );
}
