import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creatorGates } from '../../../src/creator/gates/gates.js';
import { planWith, REQUIREMENTS_TXT, samples } from './corpus.js';

const gates = creatorGates();
const good = samples('good');
const bad = samples('bad');
/** What fast-check calls 'binary': all of its characters in one table would take longer to make than the programs to check. */
const anyCharacter = fc.nat(0x10_ffff).map((code) => String.fromCodePoint(code));
const check = (agentPy: string, plan = planWith({})) =>
  gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, plan);

describe('the programs that generators write', () => {
  it.each(good.map((sample) => [sample.name, sample] as const))('%s is accepted', async (_name, { agentPy, plan }) => {
    expect(await gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, plan)).toEqual([]);
  });
});

describe('the programs that must not run', () => {
  it.each(bad.map((sample) => [sample.name, sample] as const))(
    '%s is refused for its own reason, and by no failure of the gates themselves',
    async (_name, { agentPy, plan, expected }) => {
      const findings = await gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, plan);

      expect(expected).not.toEqual([]);
      const rules = findings.map(({ rule }) => rule);
      expect(rules).toEqual(expect.arrayContaining([...expected]));
      expect(rules).not.toContain('gate-broken');
      expect(findings.every(({ message }) => message.length > 10)).toBe(true);
    },
  );
});

/** Each is an expression that takes a program out of its limits. */
const HOSTILE = [
  'eval("1")',
  '__import__("os").system("id")',
  'open("/etc/passwd").read()',
  '().__class__.__base__.__subclasses__()',
  '(lambda: 0).__globals__',
  'getattr("", "__class__")',
  '"{0.__class__}".format(1)',
  'f"{exec(str())}"',
  'type("X", (), {})',
  'globals()',
  '[x for x in [vars]]',
  '(lambda f=compile: f)',
  '(y for y in [1]).gi_frame',
  '{"a": breakpoint}["a"]()',
  'str.format',
  'print.__self__',
];
const STATEMENTS: readonly ((expression: string) => string)[] = [
  (expression) => expression,
  (expression) => `mutant = ${expression}`,
  (expression) => `mutant = f"{${expression.replaceAll('"', "'")}}"`,
  (expression) => `mutant = [${expression}, *[${expression}]][0]`,
  (expression) => `mutant = {"k": lambda: ${expression}}`,
  (expression) => `mutant = (${expression}) if True else None`,
  (expression) => `def mutant(a=${expression}): return a`,
  (expression) => `class Mutant: field = ${expression}`,
  (expression) => `assert True, ${expression}`,
  (expression) => `mutant = [m for m in [0] if ${expression}]`,
];

describe('a good program', () => {
  const places = good.flatMap(({ name, agentPy, plan }) => {
    const lines = agentPy.split('\n');
    const ends = lines.flatMap((line, index) => (/^ {4}return \{"result".*\}\r?$/.test(line) ? [index] : []));
    return ends.map((index) => ({ name, lines, index, plan }));
  });

  it('is refused as soon as something hostile stands in it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...places),
        fc.constantFrom(...HOSTILE),
        fc.constantFrom(...STATEMENTS),
        fc.constantFrom('', '  # noqa', '  # type: ignore', ';'),
        async ({ lines, index, plan }, expression, statement, tail) => {
          const mutated = lines.toSpliced(index, 0, `    ${statement(expression)}${tail}`).join('\n');
          expect(await check(mutated, plan)).not.toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is never judged by throwing, whatever is cut out of it or put into it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.nat(10_000),
        fc.nat(40),
        fc.oneof(
          fc.string({ unit: anyCharacter }),
          fc.constantFrom('(', ')', '"""', 'f"{', '\\', '\n', ':', '*', '@', '\ud800'),
        ),
        async ({ agentPy, plan }, at, cut, put) => {
          const from = at % agentPy.length;
          const mutated = agentPy.slice(0, from) + put + agentPy.slice(from + cut);
          const findings = await check(mutated, plan);
          expect(findings.map(({ rule }) => rule)).not.toContain('gate-broken');
        },
      ),
      { numRuns: 100 },
    );
  });
});
