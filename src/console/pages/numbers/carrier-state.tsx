import type { NumberCheck } from '../../api/types.ts';
import { shownMoment } from '../../parts/format.ts';

/** What Twilio was last found to have for a number, and when. */
export function CarrierState({ check }: { check: NumberCheck | undefined }) {
  if (!check) return <span className="number-quiet">not looked at</span>;
  const { state, fields, checkedAt } = check;
  return (
    <>
      <span className={CLASSES[state]} title={fields.join(', ')}>
        {wordsOf(check)}
      </span>
      <div className="number-quiet" title={checkedAt}>
        {shownMoment(checkedAt)}
      </div>
    </>
  );
}

const CLASSES: Readonly<Record<NumberCheck['state'], string | undefined>> = {
  'in-order': undefined,
  differs: 'number-warning',
  overridden: 'number-warning',
  'not-owned': 'number-broken',
};

function wordsOf({ state, fields }: NumberCheck): string {
  if (state === 'in-order') return 'in order';
  if (state === 'overridden') return 'overridden';
  if (state === 'not-owned') return 'not in the account';
  const isDeaf = fields.some((field) => field.startsWith('voice'));
  return isDeaf ? 'voice URL differs' : 'status URL differs';
}
