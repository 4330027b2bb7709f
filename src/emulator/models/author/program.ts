import { type Documents, neededJson } from './documents.js';
import type { Plan, PlannedTool } from './types.js';

/** A tool of such a name makes the first program forget an import. */
const FORGETFUL = /credit/;
/** What such a tool needs cannot be done without a process, whatever is said against it. */
const NEEDS_PROCESS = /(?:^|_)(?:script|command|shell|terminal)(?:_|$)/;

/**
 * The program of the agent. Weaknesses: the first one with a tool for credits lacks `import json`; one that has to run
 * scripts or commands on a machine imports `subprocess` every time.
 */
export function writeProgram(documents: Documents): { agentPy: string; requirementsTxt: string } {
  const { tools } = neededJson<Plan>(documents, 'plan');
  const isFirst = !documents.has('findings') && !documents.has('code-review');
  const lacksImport = isFirst && tools.some(({ name }) => FORGETFUL.test(name));
  return {
    agentPy: programOf(tools, lacksImport),
    requirementsTxt: 'bedrock-agentcore>=1.0.0\nboto3>=1.40.0\n',
  };
}

function programOf(tools: readonly PlannedTool[], lacksImport: boolean): string {
  const needsProcess = tools.some(({ name }) => NEEDS_PROCESS.test(name));
  const imports = [
    ...(lacksImport ? [] : ['import json']),
    'import logging',
    'import os',
    ...(needsProcess ? ['import subprocess'] : []),
    'from pathlib import Path',
  ];
  const functions = tools.map((tool) => `${functionOf(tool)}\n\n`).join('\n');
  return `"""The agent that does the work: answers what the voice model asks, with the tools of its plan."""
${imports.join('\n')}

import boto3
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()
logger = logging.getLogger(__name__)

MODEL_ID = os.environ.get("MODEL_ID", "amazon.nova-pro-v1:0")
SYSTEM_PROMPT = Path(__file__).with_name("full_prompt.md").read_text(encoding="utf-8")
MAX_ROUNDS = 6

TOOLS = [${tools.map((tool) => `\n${toolSpecOf(tool)}`).join('')}${tools.length > 0 ? '\n' : ''}]


def cleaned(value):
    """What a caller said, without blanks at its ends; anything else as it is."""
    return value.strip() if isinstance(value, str) else value


${functions}${functions === '' ? '' : '\n'}FUNCTIONS = {${tools.map(({ name }) => `\n    "${name}": ${name},`).join('')}${tools.length > 0 ? '\n' : ''}}


def answer_of(use):
    """Runs the function that the model has asked for. What goes wrong is told to the model."""
    function = FUNCTIONS.get(use["name"])
    if function is None:
        return {"error": "There is no such tool."}
    try:
        return function(**use["input"])
    except (TypeError, ValueError) as error:
        logger.warning("tool refused %s", json.dumps({"tool": use["name"]}))
        return {"error": str(error)}


def said_in(message):
    """The words of a message, without its tool calls."""
    return " ".join(block["text"] for block in message["content"] if "text" in block).strip()


@app.entrypoint
def invoke(payload, context):
    """Answers one question of the voice model in words."""
    prompt = str(payload.get("prompt", "")).strip()
    if not prompt:
        return {"result": "I did not get a question."}
    client = boto3.client("bedrock-runtime")
    request = {
        "modelId": MODEL_ID,
        "system": [{"text": SYSTEM_PROMPT}],
        "inferenceConfig": {"temperature": 0, "maxTokens": 1000},
    }
    if TOOLS:
        request["toolConfig"] = {"tools": TOOLS}
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    for _ in range(MAX_ROUNDS):
        message = client.converse(messages=messages, **request)["output"]["message"]
        uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
        if not uses:
            return {"result": said_in(message)}
        results = [
            {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": answer_of(use)}]}}
            for use in uses
        ]
        messages = [*messages, message, {"role": "user", "content": results}]
    return {"result": "I could not finish this. A person has to look at it."}


if __name__ == "__main__":
    app.run()
`;
}

function functionOf(tool: PlannedTool): string {
  const { name, description } = tool;
  // Python wants those that can be left out last.
  const parameters = [
    ...tool.parameters.filter(({ required }) => required),
    ...tool.parameters.filter(({ required }) => !required),
  ];
  const list = parameters
    .map((parameter) => (parameter.required ? parameter.name : `${parameter.name}=None`))
    .join(', ');
  const run = NEEDS_PROCESS.test(name) ? '\n    subprocess.run(["sh", "-c", "diagnose"], check=False)' : '';
  const values = parameters.map(
    (parameter) =>
      `        "${parameter.name}": ${parameter.type === 'string' ? `cleaned(${parameter.name})` : parameter.name},`,
  );
  return `def ${name}(${list}):
    ${docstring(description)}${run}
    given = {
${values.join('\n')}
    }
    return {
        "status": "noted",
        "tool": "${name}",
        **{field: value for field, value in given.items() if value is not None},
    }`;
}

function toolSpecOf({ name, description, parameters }: PlannedTool): string {
  const properties = parameters.map(
    (parameter) =>
      `                        "${parameter.name}": {"type": "${parameter.type}", "description": ${text(parameter.description)}},`,
  );
  const required = parameters.filter((parameter) => parameter.required).map((parameter) => `"${parameter.name}"`);
  return `    {
        "toolSpec": {
            "name": "${name}",
            "description": ${text(description)},
            "inputSchema": {
                "json": {
                    "type": "object",
                    "properties": {
${properties.join('\n')}
                    },
                    "required": [${required.join(', ')}],
                }
            },
        }
    },`;
}

/** Strings of JSON are strings of Python. */
const text = (value: string) => JSON.stringify(value);

const docstring = (words: string) => `"""${words.replace(/[\\"]/g, "'").replace(/\s+/g, ' ')}"""`;
