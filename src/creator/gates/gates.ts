import type { AgentCode, AgentPlan, Finding } from '../artefacts.js';
import type { Gates } from '../ports.js';
import { BASE_ENVIRONMENT, BASE_SERVICES, PLAN_SERVICES } from './allowed.js';
import { CallSites } from './call-sites.js';
import { checkConfigured } from './configured.js';
import { appNameOf, checkContract } from './contract.js';
import { checkBindings } from './definitions.js';
import { checkEffort } from './effort.js';
import { checkEndless } from './endless.js';
import { Estimates } from './estimates.js';
import { Findings, type Tell } from './findings.js';
import { checkForm } from './form.js';
import type { FormLimits } from './forms.js';
import { checkImportTime } from './import-time.js';
import { Origins } from './origins.js';
import { checkPlan } from './plan.js';
import { Policy } from './policy.js';
import { programOf } from './program.js';
import { checkPrompt } from './prompt.js';
import { readProgram } from './python/statements.js';
import { NotUnderstood, readTokens, type Token } from './python/tokens.js';
import { checkRegexes } from './regexes.js';
import { Requests } from './requests.js';
import { checkRequirements } from './requirements-txt.js';
import { Ruff, type RuffProblem } from './ruff.js';
import { checkSecrets } from './secrets.js';
import { WARM_UP } from './warm-up.js';

const WARM_UP_TIMES = 3;

/**
 * What a generated program and prompt have to pass, whatever any model says of them. Lists say what is allowed; all else is refused, also
 * what these gates do not understand. Nothing of the program is run. Neither method throws.
 */
export function creatorGates(): Gates {
  const ruff = new Ruff();
  let isWarm = false;
  return {
    async checkCode(code, plan) {
      // Whatever is needed first takes its time once, with the first program, and not with those that use it first.
      if (!isWarm) {
        isWarm = true;
        for (let time = 0; time < WARM_UP_TIMES; time++) {
          checkCode({ agentPy: WARM_UP, requirementsTxt: '' }, undefined, ruff, limitsOf(undefined));
        }
      }
      return checkCode(code, plan, ruff, limitsOf(plan));
    },
    checkPrompt(prompt, requirements) {
      try {
        return checkPrompt(prompt, requirements);
      } catch (error) {
        return [broken('prompt', error)];
      }
    },
  };
}

function limitsOf(plan: AgentPlan | undefined): FormLimits {
  const offered = new Map(Object.entries(PLAN_SERVICES));
  const services = new Map(Object.entries(BASE_SERVICES));
  for (const service of plan?.awsServices ?? []) {
    const methods = offered.get(service);
    if (methods) services.set(service, methods);
  }
  // The names of AWS hold credentials and addresses, whatever a plan declares.
  const declared = plan?.environment.filter((name) => !/^AWS_|^BEDROCK_AGENTCORE_|^PYTHON/.test(name)) ?? [];
  return { services, environment: new Set([...BASE_ENVIRONMENT, ...declared]) };
}

function checkCode(code: AgentCode, plan: AgentPlan | undefined, ruff: Ruff, limits: FormLimits): Finding[] {
  const program = new Findings('agent.py');
  const requirements = new Findings('requirements.txt');
  try {
    const modules = checkProgram(code.agentPy, plan, ruff, limits, program.tell);
    checkRequirements(code.requirementsTxt, modules, requirements.tell);
  } catch (error) {
    return [...program.all, ...requirements.all, broken('agent.py', error)];
  }
  return [...program.all, ...requirements.all];
}

/** Stack overflows, in JavaScript and in WebAssembly. */
const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError');

function broken(file: Finding['file'], error: unknown): Finding {
  if (isTooDeep(error)) {
    return {
      file,
      rule: 'nesting-too-deep',
      line: null,
      message: 'The program is nested too deeply to be checked. Make it flatter.',
    };
  }
  const { name, line } =
    error instanceof NotUnderstood
      ? { name: error.message, line: error.line }
      : { name: 'The check has failed.', line: null };
  return {
    file,
    rule: error instanceof NotUnderstood ? 'not-understood' : 'gate-broken',
    line,
    message: `${name} Write it more simply.`,
  };
}

/** Step by step: each expects what the one before has let through. Answers the modules that are imported. */
function checkProgram(
  source: string,
  plan: AgentPlan | undefined,
  ruff: Ruff,
  limits: FormLimits,
  tell: Tell,
): string[] {
  let refused = false;
  const first: Tell = (rule, line, message) => {
    refused = true;
    tell(rule, line, message);
  };
  checkForm(source, first);
  if (refused) return [];
  const { tokens, withoutComments } = readTokensOf(source, ruff, first);
  if (refused) return [];
  // Without comments: "# noqa" silences all but the syntax.
  tellProblems(ruff.check(withoutComments), first);
  checkIdentifiers(tokens, first);
  if (refused) return [];
  const program = programOf(readProgram(tokens), tell);
  const appName = appNameOf(program);
  checkBindings(program, appName, tell);
  new Policy(program, limits, appName, tell).check();
  checkSecrets(source, program.nodes, tell);
  checkImportTime(program, tell);
  checkContract(program, appName, tell);
  const sites = new CallSites(program);
  const estimates = new Estimates(program, sites);
  const origins = new Origins(program, sites);
  checkEffort(program, estimates, tell);
  checkEndless(program, estimates, tell);
  checkRegexes(program, origins, tell);
  checkConfigured(program, new Set([...limits.services.values()].flat()), origins, new Requests(program, sites), tell);
  if (plan) checkPlan(program, plan, tell);
  return program.imports.modules;
}

/** What cannot be read as words is told as what is wrong with its syntax, when ruff says so; otherwise it is not understood. */
function readTokensOf(source: string, ruff: Ruff, tell: Tell): ReturnType<typeof readTokens> {
  try {
    return readTokens(source, ruff.tokens(source));
  } catch (error) {
    const problems = error instanceof NotUnderstood ? ruff.check(source).filter(isSyntax) : [];
    if (problems.length === 0) throw error;
    tellProblems(problems, tell);
    return { tokens: [], withoutComments: '' };
  }
}

const isSyntax = ({ code }: RuffProblem): boolean => code === null || code === 'invalid-syntax';
function tellProblems(problems: readonly RuffProblem[], tell: Tell): void {
  for (const problem of problems) {
    const { code, line, message } = problem;
    const rule = isSyntax(problem) ? 'python-syntax' : code === 'F821' ? 'undefined-name' : 'python-error';
    tell(rule, line, `${message} (ruff: ${code ?? 'syntax'})`);
  }
}

/** Python takes look-alikes for the ASCII letters that they look like. */
function checkIdentifiers(tokens: readonly Token[], tell: Tell): void {
  for (const { kind, text, line } of tokens) {
    if (kind === 'name' && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) {
      tell('identifier-not-ascii', line, `Names have to consist of ASCII letters: "${text.slice(0, 60)}".`);
    }
  }
}
