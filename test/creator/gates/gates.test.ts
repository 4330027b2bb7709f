import { describe, expect, it } from 'vitest';
import type { Requirements } from '../../../src/creator/artefacts.js';
import { creatorGates } from '../../../src/creator/gates/gates.js';
import { planWith, REQUIREMENTS_TXT, samples } from './corpus.js';

const gates = creatorGates();
const program = samples('good')[0]?.agentPy ?? '';
const inHandler = (line: string) =>
  program.replace('    prompt = payload.get', `    ${line}\n    prompt = payload.get`);
const rulesOf = async (agentPy: string, plan = planWith({ tools: ['look_up_order'] })) =>
  (await gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, plan)).map(({ rule }) => rule);

describe('a finding', () => {
  it('names the file, the rule, the line and what to do', async () => {
    const agentPy = inHandler('x = eval("1")');

    expect(await gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, undefined)).toEqual([
      {
        file: 'agent.py',
        rule: 'builtin-not-allowed',
        line: agentPy.split('\n').findIndex((line) => line.includes('eval(')) + 1,
        message: '"eval" may not be used.',
      },
    ]);
  });

  it('of the syntax has the words of ruff', async () => {
    const findings = await gates.checkCode({ agentPy: 'def f(:\n    pass\n', requirementsTxt: '' }, undefined);

    expect(findings[0]).toMatchObject({ rule: 'python-syntax', line: 1 });
    expect(findings[0]?.message).toContain('ruff');
  });

  it('is told at most fifty times', async () => {
    const findings = await gates.checkCode(
      { agentPy: inHandler(Array(200).fill('eval("1")').join('; ')), requirementsTxt: REQUIREMENTS_TXT },
      undefined,
    );

    expect(findings.length).toBeLessThanOrEqual(50);
  });
});

describe('the plan', () => {
  it('decides which environment variables may be read', async () => {
    const agentPy = inHandler('table = os.environ["ORDERS_TABLE"]');

    expect(await rulesOf(agentPy)).toEqual(['environment-not-declared']);
    expect(await rulesOf(agentPy, planWith({ tools: ['look_up_order'], environment: ['ORDERS_TABLE'] }))).toEqual([]);
  });

  it('decides which of the possible AWS clients there may be', async () => {
    const agentPy = inHandler('item = boto3.client("dynamodb").get_item(TableName="t", Key={})');

    expect(await rulesOf(agentPy)).toContain('aws-service-not-allowed');
    expect(await rulesOf(agentPy, planWith({ tools: ['look_up_order'], awsServices: ['dynamodb'] }))).toEqual([]);
  });

  it('cannot ask for a client that could reach other people', async () => {
    const agentPy = inHandler('boto3.client("sns").publish(TopicArn="t", Message="m")');
    const plan = planWith({ tools: ['look_up_order'], awsServices: ['sns'] });

    expect((await rulesOf(agentPy, plan)).sort()).toEqual(['attribute-not-allowed', 'aws-service-not-allowed']);
  });

  it('has the tools of the program, no fewer and no more', async () => {
    expect(await rulesOf(program)).toEqual([]);
    expect(await rulesOf(program, planWith({ tools: ['look_up_order', 'cancel_order'] }))).toEqual([
      'tool-missing',
      'tool-not-offered',
    ]);
    expect(await rulesOf(program, planWith({}))).toEqual(['tool-not-in-plan']);
  });
});

describe('a request to AWS', () => {
  const findings = async (lines: string, environment: string[] = []) =>
    (
      await gates.checkCode(
        { agentPy: inHandler(lines.replaceAll('\n', '\n    ')), requirementsTxt: REQUIREMENTS_TXT },
        planWith({ tools: ['look_up_order'], awsServices: ['s3', 'dynamodb'], environment }),
      )
    ).map(({ rule, message }) => `${rule}: ${message}`);

  it('to a bucket that is written out is refused with how to configure it', async () => {
    const [finding, another] = await findings('boto3.client("s3").get_object(Bucket="our-faq", Key="a")');

    expect(another).toBeUndefined();
    expect(finding).toMatch(/^not-configured: Bucket: "our-faq" may belong to somebody else\./);
    expect(finding).toContain('os.environ["ORDERS_BUCKET"]');
    expect(await findings('boto3.client("s3").get_object(Bucket=os.environ["FAQ"], Key="a")', ['FAQ'])).toEqual([]);
  });

  it.each([
    'r = {"modelId": MODEL_ID}\nr["messages"] = []\nboto3.client("bedrock-runtime").converse(**r)',
    'r = dict(modelId=MODEL_ID)\nif prompt:\n    r.update(messages=[], system=[])\nboto3.client("bedrock-runtime").converse(**r)',
    'more = {"system": []} if payload else {}\nboto3.client("bedrock-runtime").converse(modelId=MODEL_ID, messages=[], **more)',
    'base = {"modelId": MODEL_ID}\nprint(base)\nboto3.client("bedrock-runtime").converse(**{**base, "messages": []})',
    'boto3.client("dynamodb").batch_get_item(RequestItems={os.environ["T"]: {"Keys": []}})',
  ])('whose fields are written out in a dict is accepted: %j', async (lines) => {
    expect(await findings(lines.replace('if prompt', 'if payload'), ['T'])).toEqual([]);
  });

  it.each([
    'r = {"modelId": MODEL_ID}\nother = r\nother.update(payload)\nboto3.client("bedrock-runtime").converse(**r)',
    'r = {"modelId": MODEL_ID}\n[r].pop().update(payload)\nboto3.client("bedrock-runtime").converse(**r)',
    'r = {}\nr["modelId"], x = payload["m"], 1\nboto3.client("bedrock-runtime").converse(**r)',
    'r = {}\nfor r["modelId"] in payload:\n    boto3.client("bedrock-runtime").converse(**r)',
    'r = {"a": {}}\nr["a"]["s3Location"]["uri"] = payload["u"]',
    'x = getattr(boto3.client("s3"), "get_object")(**payload)',
  ])('into which others could put fields is refused: %j', async (lines) => {
    expect(await findings(lines)).toContainEqual(expect.stringMatching(/^not-configured/));
  });
});

describe('a module that may not be imported', () => {
  it('is refused with those that may', async () => {
    const agentPy = program.replace('import os', 'import os\nimport requests\nfrom datetime import tzinfo');
    const messages = (await gates.checkCode({ agentPy, requirementsTxt: REQUIREMENTS_TXT }, undefined)).map(
      ({ message }) => message,
    );

    expect(messages).toContainEqual(expect.stringContaining('Modules that may be: __future__, abc, asyncio'));
    expect(messages).toContainEqual(expect.stringContaining('Of it there may be: datetime, date'));
  });
});

describe('requirements.txt', () => {
  const check = async (requirementsTxt: string) =>
    (await gates.checkCode({ agentPy: program, requirementsTxt }, undefined)).map(
      ({ rule, line }) => `${rule} ${line}`,
    );

  it.each([
    ['bedrock-agentcore==1.0.3\nboto3==1.40.0\n'],
    ['# what the agent needs\nbedrock_agentcore>=1.0,<2\nBoto3 ~= 1.40\n\ntzdata==2026.1\n'],
    ['bedrock-agentcore==1.*\r\nboto3!=1.39.0,>=1.38\r\n'],
  ])('%j is accepted', async (text) => {
    expect(await check(text)).toEqual([]);
  });

  it.each([
    ['boto3', 'requirement-form 3'],
    ['-r other.txt', 'requirement-form 3'],
    ['--index-url https://example.org/simple', 'requirement-form 3'],
    ['-e .', 'requirement-form 3'],
    ['boto3 @ https://example.org/boto3.whl', 'requirement-form 3'],
    ['https://example.org/x.whl', 'requirement-form 3'],
    ['./local', 'requirement-form 3'],
    ['boto3[crt]==1.40.0', 'requirement-form 3'],
    ['tzdata==1.0; python_version < "3.13"', 'requirement-form 3'],
    ['tzdata==1.0 --hash=sha256:00', 'requirement-form 3'],
    ['tzdata==1.0 \\', 'requirement-form 3'],
    ['# harmless \u2028boto4==1', 'requirement-form 3'],
    ['boto4==1.0', 'requirement-not-allowed 3'],
    ['requests>=2', 'requirement-not-allowed 3'],
    ['constructor==1.0', 'requirement-not-allowed 3'],
    ['Boto3>=1.0', 'requirement-form 3'],
  ])('the line %j is refused', async (line, finding) => {
    expect(await check(`bedrock-agentcore==1.0\nboto3==1.40.0\n${line}\n`)).toEqual([finding]);
  });

  it('lists every package that is imported', async () => {
    expect(await check('boto3==1.40.0\n')).toEqual(['requirement-missing null']);
  });
});

describe('the prompts', () => {
  const requirements: Requirements = {
    title: 'Orders',
    purpose: 'Orders',
    language: 'en',
    contradictions: [],
    suspicious: [],
    clauses: [
      {
        id: 'c-00000001',
        kind: 'escalation',
        quote: 'Connect to a person when the caller\nmentions a lawyer.',
        summary: 's',
      },
      { id: 'c-00000002', kind: 'prohibition', quote: 'Never promise a refund.', summary: 's' },
      { id: 'c-00000003', kind: 'step', quote: 'Ask for the order number.', summary: 's' },
    ],
  };
  const escalation = 'CONNECT to a person  when the caller mentions a lawyer.';
  const check = (fullPrompt: string, voicePrompt: string) =>
    gates
      .checkPrompt({ fullPrompt, voicePrompt }, requirements)
      .map(({ rule, message }) => `${rule}: ${message.split(' ')[0]}`);

  it('that say word for word what matters are accepted', () => {
    expect(check(`${escalation}\nNever promise a refund. It is {{now}}.`, `Hello {{caller}}. ${escalation}`)).toEqual(
      [],
    );
  });

  it('that leave an escalation or a prohibition out are refused', () => {
    expect(check('Be nice.', 'Be nice.')).toEqual([
      'escalation-missing: fullPrompt',
      'escalation-missing: voicePrompt',
      'prohibition-missing: fullPrompt',
    ]);
    expect(check(`${escalation} Never promise a refund.`, 'Call a person when needed.')).toEqual([
      'escalation-missing: voicePrompt',
    ]);
  });

  it('that use variables which no call has are refused', () => {
    expect(check(`${escalation} Never promise a refund. {{order.number}}`, escalation)).toEqual([
      'unknown-variable: {{order.number}}',
    ]);
  });

  it('that are too long, empty or have control characters are refused', () => {
    expect(check(`${escalation} Never promise a refund.`, `${escalation}${'x'.repeat(40_000)}`)).toEqual([
      'prompt-too-long: voicePrompt',
    ]);
    expect(check(`${escalation} Never promise a refund.`, ' ')).toEqual([
      'prompt-empty: voicePrompt',
      'escalation-missing: voicePrompt',
    ]);
    expect(check(`${escalation} Never promise a refund.\u202e`, escalation)).toEqual(['control-character: There']);
  });
});
