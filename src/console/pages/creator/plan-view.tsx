import type { AgentPlan, PlanReview, Requirements, VoicePersonality } from '../../../creator/artefacts.ts';
import { List } from '../../parts/list.tsx';

type Clauses = Requirements['clauses'];

/** What the agent is to be: tools, and how each clause is followed. */
export function PlanView({ plan, clauses }: { plan: AgentPlan; clauses: Clauses }) {
  const quote = quoteIn(clauses);
  return (
    <div className="creator-made">
      <p>
        <strong>{plan.agentName}</strong>: {plan.description}
      </p>
      <h3>Tools</h3>
      {plan.tools.length === 0 && <p className="creator-dim">It needs none.</p>}
      {plan.tools.length > 0 && (
        <List label="Tools" columns={['Tool', 'What for', 'Parameters']}>
          {plan.tools.map(({ name, description, parameters }) => (
            <tr key={name}>
              <td className="mono">{name}</td>
              <td className="wide">{description}</td>
              <td className="wide">
                {parameters.map((each) => (
                  <div key={each.name}>
                    <span className="mono">{each.name}</span>{' '}
                    <span className="creator-dim">
                      {each.type}
                      {!each.required && ', optional'}
                    </span>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </List>
      )}
      {plan.escalations.length > 0 && (
        <>
          <h3>When callers get a person</h3>
          <List label="Escalations" columns={['When', 'What happens']}>
            {plan.escalations.map(({ clauseId, trigger, action }) => (
              <tr key={clauseId}>
                <td className="wide">{trigger}</td>
                <td className="wide">{action}</td>
              </tr>
            ))}
          </List>
        </>
      )}
      <h3>How each clause is followed</h3>
      <List label="Clauses" columns={['The procedure says', 'The agent']}>
        {plan.handling.map(({ clauseId, approach }) => (
          <tr key={clauseId}>
            <td className="wide">{quote(clauseId)}</td>
            <td className="wide">{approach}</td>
          </tr>
        ))}
      </List>
      {(plan.awsServices.length > 0 || plan.environment.length > 0) && (
        <p>
          It needs <span className="mono">{[...plan.awsServices, ...plan.environment].join(', ')}</span>.
        </p>
      )}
    </div>
  );
}

/** What the reviewer says, in its words. */
export function ReviewView(props: {
  review: { readonly approved: boolean; readonly issues: PlanReview['issues'] | readonly Issue[] } & {
    readonly strengths?: readonly string[];
    readonly qualityScore?: number;
  };
  clauses: Clauses;
}) {
  const { approved, issues, strengths = [], qualityScore } = props.review;
  const quote = quoteIn(props.clauses);
  // A review counts as a yes only when it holds nothing against its subject.
  const isYes = approved && issues.length === 0;
  return (
    <section className="creator-review" data-yes={isYes} aria-label="What the reviewer says">
      <p>
        <strong>{isYes ? 'The reviewer approves.' : 'The reviewer sends it back.'}</strong>
        {qualityScore !== undefined && ` Quality ${qualityScore} of 10.`} {strengths.join(' ')}
      </p>
      {issues.length > 0 && (
        <ul>
          {issues.map((issue, index) => (
            <li key={`${index}`}>
              {'line' in issue && issue.line !== undefined && `Line ${issue.line}: `}
              {issue.problem} <span className="creator-dim">{issue.suggestion}</span>
              {'clauseId' in issue && issue.clauseId !== undefined && (
                <blockquote className="creator-quote">{quote(issue.clauseId)}</blockquote>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface Issue {
  readonly line?: number | undefined;
  readonly problem: string;
  readonly suggestion: string;
}

export function VoiceView({ voice }: { voice: VoicePersonality }) {
  return (
    <dl className="creator-facts">
      <dt>Voice</dt>
      <dd>{voice.voiceId}</dd>
      <dt>Says first</dt>
      <dd>“{voice.greeting}”</dd>
      <dt>Tone</dt>
      <dd>{voice.tone}</dd>
      <dt>Pace</dt>
      <dd>{voice.pace}</dd>
      {voice.style.length > 0 && <dt>Style</dt>}
      {voice.style.map((rule) => (
        <dd key={rule}>{rule}</dd>
      ))}
    </dl>
  );
}

function quoteIn(clauses: Clauses): (id: string) => string {
  return (id) => clauses.find((clause) => clause.id === id)?.quote ?? id;
}
