import './details.css';
import type { AgentTurn } from '../../api/types.ts';
import { shownMs } from '../../parts/format.ts';

type Parts = NonNullable<AgentTurn['responseGapParts']>;

/** In the order of the call. */
export const DELAY_PARTS: readonly { key: keyof Parts; name: string; colour: string; meaning: string }[] = [
  {
    key: 'endpointing',
    name: 'endpointing',
    colour: 'system',
    meaning: "from the caller's last word to the model's word that the turn is over",
  },
  { key: 'model', name: 'model', colour: 'caller', meaning: 'until the model gave its first sound, tools left out' },
  { key: 'tools', name: 'tools', colour: 'tool', meaning: 'while the model waited for tools' },
  { key: 'bridge', name: 'bridge', colour: 'warning', meaning: "from the model's first sound to the carrier" },
  { key: 'playout', name: 'playout', colour: 'agent', meaning: "from the carrier to the caller's ear" },
];

/** Narrower than this share of the bar, a name does not fit into its part. */
const LABELLED_SHARE = 0.17;

/** Where a response gap went: as a bar, and the same as a table. */
export function DelayParts({ gapMs, parts }: { gapMs: number; parts: Parts }) {
  const sum = DELAY_PARTS.reduce((total, { key }) => total + Math.max(0, parts[key]), 0);
  const shareOf = (ms: number) => (sum > 0 ? Math.max(0, ms) / sum : 0);
  return (
    <>
      <div className="delay-bar" aria-hidden>
        {DELAY_PARTS.filter(({ key }) => parts[key] > 0).map(({ key, name, colour }) => (
          <span
            key={key}
            data-part={key}
            style={{
              flexGrow: parts[key],
              color: `var(--${colour})`,
              background: `var(--${colour}-soft)`,
              borderColor: `var(--${colour})`,
            }}
          >
            {shareOf(parts[key]) >= LABELLED_SHARE && `${name} ${shownMs(parts[key])}`}
          </span>
        ))}
      </div>
      <table className="delay-table">
        <caption>Response gap {shownMs(gapMs)}</caption>
        <thead>
          <tr>
            <th scope="col">Part</th>
            <th scope="col" className="figure">
              Took
            </th>
            <th scope="col" className="figure">
              Share
            </th>
            <th scope="col">What it is</th>
          </tr>
        </thead>
        <tbody>
          {DELAY_PARTS.map(({ key, name, colour, meaning }) => (
            <tr key={key}>
              <th scope="row">
                <i style={{ background: `var(--${colour})` }} aria-hidden />
                {name}
              </th>
              <td className="figure">{shownMs(parts[key])}</td>
              <td className="figure">{Math.round(shareOf(parts[key]) * 100)} %</td>
              <td className="delay-meaning">{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
