import { afterAll, describe, expect, it } from 'vitest';
import { realClock } from '../../../src/clock.js';
import { separateGates } from '../../../src/creator/gates/separate.js';
import { REQUIREMENTS_TXT, samples } from './corpus.js';

const gates = separateGates({ clock: realClock() });
afterAll(() => gates.close());

describe('the gates in a process of their own', () => {
  it('find what the gates find, of several programs at once', async () => {
    const [good] = samples('good');
    const [bad] = samples('bad').filter(({ name }) => !name.includes('markdown'));
    const results = await Promise.all(
      [good!, bad!, good!].map(({ agentPy }) =>
        gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, undefined),
      ),
    );

    expect(results.map((findings) => findings.length > 0)).toEqual([false, true, false]);
  });

  it('refuse what was being checked when the process is ended, and check the next program in another one', async () => {
    const [good] = samples('good');
    const code = { agentPy: good!.agentPy, requirementsTxt: REQUIREMENTS_TXT };
    // More than a process gets done before it is ended, however late that is.
    const checked = Array.from({ length: 50 }, () => gates.checkCode(code, undefined));
    gates.close();

    expect((await Promise.all(checked)).at(-1)).toMatchObject([{ rule: 'gate-broken' }]);
    expect(await gates.checkCode(code, undefined)).toEqual([]);
  });
});
