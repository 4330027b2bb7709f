import { Button, SegmentedControl } from '@mantine/core';
import { IconCheck, IconCircleX, IconTool } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { shownMs } from '../../parts/format.ts';
import { type Rehearsal, rehearsalKey, shownHow } from './coverage.ts';
import { Limits } from './limits.tsx';

const KINDS: Readonly<Record<Rehearsal['checks'][number]['kind'], string>> = {
  says: 'says',
  'calls-tool': 'calls the tool',
  'hands-off': 'puts the caller through',
  means: 'means',
};

/** What has been rehearsed: each scenario with its checks and what was said. Failed ones come first. `limits`: what none can show. */
export function RehearsalsView(props: {
  results: readonly Rehearsal[];
  limits: readonly string[];
  chosen: string | undefined;
  choose: (key: string | undefined) => void;
}) {
  const { results, limits, chosen, choose } = props;
  const [how, setHow] = useState<string>('all');
  const hows = [...new Set(results.map((result) => result.how))];
  const isShown = (result: Rehearsal) => how === 'all' || result.how === how || rehearsalKey(result) === chosen;
  const shown = [...results].sort((one, other) => Number(one.passed) - Number(other.passed)).filter(isShown);
  const passed = (kind: string) => {
    const of = results.filter((result) => kind === 'all' || result.how === kind);
    return `${of.filter((result) => result.passed).length} of ${of.length}`;
  };
  return (
    <>
      <Limits limits={limits} />
      <div className="creator-parts">
        <SegmentedControl
          aria-label="Rehearsed how"
          value={how}
          onChange={setHow}
          data={[
            { value: 'all', label: `All (${passed('all')} passed)` },
            ...hows.map((each) => ({ value: each, label: `${shownHow(each)} (${passed(each)})` })),
          ]}
        />
      </div>
      <ul className="creator-rehearsals">
        {shown.map((result) => {
          const key = rehearsalKey(result);
          return (
            <RehearsalRow
              key={key}
              result={result}
              isOpen={key === chosen}
              toggle={() => choose(key === chosen ? undefined : key)}
            />
          );
        })}
      </ul>
    </>
  );
}

function RehearsalRow({ result, isOpen, toggle }: { result: Rehearsal; isOpen: boolean; toggle: () => void }) {
  const { title, how, passed, durationMs, error, checks, transcript } = result;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isOpen) row.current?.scrollIntoView({ block: 'nearest' });
  }, [isOpen]);
  return (
    <li ref={row} data-passed={passed}>
      <Button
        variant="subtle"
        color="gray"
        fullWidth
        justify="start"
        h="auto"
        py={6}
        leftSection={
          passed ? (
            <IconCheck size={16} className="creator-passed" aria-hidden />
          ) : (
            <IconCircleX size={16} className="creator-passed" aria-hidden />
          )
        }
        onClick={toggle}
        aria-expanded={isOpen}
        styles={{
          label: {
            ...{ whiteSpace: 'normal', textAlign: 'left', lineHeight: '20px' },
            ...{ overflow: 'visible', color: 'var(--text)', fontWeight: 400 },
          },
        }}
      >
        <span>
          {title}{' '}
          <span className="creator-dim tabular">
            {passed ? 'passed' : 'failed'} {shownHow(how)} · {shownMs(durationMs)}
          </span>
        </span>
      </Button>
      {isOpen && (
        <div className="creator-rehearsal">
          {error !== undefined && <p className="creator-danger">{error}</p>}
          <ul className="creator-checks">
            {checks.map((check) => (
              <li key={`${check.clauseId} ${check.must} ${check.kind} ${check.value}`} data-passed={check.passed}>
                {check.passed ? (
                  <IconCheck size={14} className="creator-passed" aria-hidden />
                ) : (
                  <IconCircleX size={14} className="creator-passed" aria-hidden />
                )}{' '}
                <span className="hidden-visually">{check.passed ? 'passed: ' : 'failed: '}</span>
                {check.must ? 'must' : 'must not'}: {KINDS[check.kind]} “{check.value}”{' '}
                <span className="creator-dim">{check.detail}</span>
              </li>
            ))}
          </ul>
          <div className="creator-talk">
            {transcript.map((turn, index) => (
              <div key={`${index}`} data-role={turn.role}>
                <span className="creator-role">{turn.role}</span> {turn.text}
                {turn.toolCalls?.map((call, position) => (
                  <pre key={`${position}`} className="mono creator-tool">
                    <IconTool size={14} aria-hidden /> {call.name} {JSON.stringify(call.input)} →{' '}
                    {JSON.stringify(call.output)}
                  </pre>
                ))}
              </div>
            ))}
          </div>
        </div>
      )}
    </li>
  );
}
