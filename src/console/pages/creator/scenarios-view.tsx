import type { Scenario, WrittenAgent } from '../../../creator/artefacts.ts';
import { List } from '../../parts/list.tsx';

/** What is going to be rehearsed. */
export function ScenariosView({ scenarios }: { scenarios: readonly Scenario[] }) {
  return (
    <List label="Scenarios" columns={['Scenario', 'The caller says', 'Looked for']}>
      {scenarios.map(({ title, callerSays, must, mustNot }) => (
        <tr key={title}>
          <td className="wide">{title}</td>
          <td className="wide">
            {callerSays.map((words, index) => (
              <div key={`${index}`}>{words}</div>
            ))}
          </td>
          <td className="wide">
            {must.map((each, index) => (
              <div key={`must-${index}`}>
                must · {each.kind} · {each.value}
              </div>
            ))}
            {mustNot.map((each, index) => (
              <div key={`not-${index}`}>
                must not · {each.kind} · {each.value}
              </div>
            ))}
          </td>
        </tr>
      ))}
    </List>
  );
}

/** The files that wait in the bucket. */
export function StoredView({ written }: { written: WrittenAgent }) {
  return (
    <div className="creator-made">
      <p>
        In the bucket <span className="mono">{written.bucket}</span>, for nobody yet: what is approved is published.
      </p>
      <List label="Files" columns={['File', 'SHA-256']}>
        {Object.entries(written.files).map(([key, sha256]) => (
          <tr key={key}>
            <td className="mono">{key}</td>
            <td className="mono" title={sha256}>
              {sha256.slice(0, 16)}…
            </td>
          </tr>
        ))}
      </List>
    </div>
  );
}
