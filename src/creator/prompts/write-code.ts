import { ABOUT_DOCUMENTS, type StagePrompt } from './prompt.js';

export const writeCodePrompt: StagePrompt = {
  version: '2',
  text: `${ABOUT_DOCUMENTS}

Your part: write the program of the agent, \`agent.py\`, and its \`requirements.txt\`, from \`plan\` and \`requirements\`. From the second round on you are also given your last \`agent.py\` and \`requirements.txt\`, and either \`findings\` (what a program has found; it cannot be argued with) or \`code-review\` (what the reviewer objects to): mend every single point, and leave the rest as it was.

The program runs on Amazon Bedrock AgentCore with Python 3.12 and has exactly this shape:

\`\`\`python
import json
import os
from pathlib import Path

import boto3
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()

MODEL_ID = os.environ.get("MODEL_ID", "amazon.nova-pro-v1:0")
SYSTEM_PROMPT = Path(__file__).with_name("full_prompt.md").read_text(encoding="utf-8")
MAX_ROUNDS = 8

TOOLS = [
    {
        "toolSpec": {
            "name": "register_return",
            "description": "Takes down what the caller wants to return.",
            "inputSchema": {
                "json": {
                    "type": "object",
                    "properties": {"order_number": {"type": "string", "description": "As the caller says it."}},
                    "required": ["order_number"],
                }
            },
        }
    },
]


def register_return(order_number):
    return {"status": "noted", "order_number": order_number.strip().upper()}


FUNCTIONS = {"register_return": register_return}


def call_tool(use):
    function = FUNCTIONS.get(use["name"])
    if function is None:
        return {"error": "There is no such tool."}
    try:
        return function(**use["input"])
    except (TypeError, ValueError) as error:
        return {"error": str(error)}


@app.entrypoint
def invoke(payload, context):
    prompt = payload.get("prompt", "")
    if not prompt:
        return {"result": "I did not hear a question."}
    client = boto3.client("bedrock-runtime")
    request = {"modelId": MODEL_ID, "system": [{"text": SYSTEM_PROMPT}], "inferenceConfig": {"temperature": 0}}
    if TOOLS:
        request["toolConfig"] = {"tools": TOOLS}
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    for _ in range(MAX_ROUNDS):
        message = client.converse(messages=messages, **request)["output"]["message"]
        uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
        if not uses:
            return {"result": "".join(block.get("text", "") for block in message["content"])}
        results = [
            {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": call_tool(use)}]}} for use in uses
        ]
        messages = [*messages, message, {"role": "user", "content": results}]
    return {"result": "I could not finish this. Let me put you through to a colleague."}


if __name__ == "__main__":
    app.run()
\`\`\`

Rules that a program checks, without exception:
- Imports: only \`bedrock_agentcore\`, \`boto3\`, and of the standard library \`json\`, \`os\`, \`re\`, \`logging\`, \`datetime\`, \`math\`, \`decimal\`, \`typing\`, \`dataclasses\`, \`enum\`, \`functools\`, \`itertools\`, \`collections\`, \`string\`, \`textwrap\`, \`unicodedata\`, \`uuid\`, \`time\`, \`pathlib\`. Nothing that is not used. Only their ordinary functions and types, by their own names. \`requirements.txt\` has two lines: \`bedrock-agentcore>=1.0.0\` and \`boto3>=1.40.0\`.
- Exactly one \`BedrockAgentCoreApp()\`, at module level; exactly one function with \`@app.entrypoint\`, with the parameters \`(payload)\` or \`(payload, context)\`; it returns a value on every path. The decorator has no brackets, and of \`context\` only \`context.session_id\` is used. \`app.run()\` comes last and only under \`if __name__ == "__main__":\`.
- For every tool of the plan one function at module level of the same name, with the plan's parameters by their names (those that are not required have a default), and one \`toolSpec\` in \`TOOLS\` with the plan's name (as a literal), description and parameters. No tool that is not in the plan.
- No client, no request and no state of a conversation at module level: clients are made in the handler. Only the client \`bedrock-runtime\`, and those that the plan names in \`awsServices\`; only environment variables \`MODEL_ID\`, \`AWS_REGION\`, \`KNOWLEDGE_BASE_ID\`, \`LOG_LEVEL\` and those of the plan's \`environment\`, named by literals. The only file that is read is \`full_prompt.md\`, as above; none is written.
- No \`eval\`, \`exec\`, \`compile\`, \`__import__\`, \`globals\`, \`getattr\`, \`setattr\`, \`open\`, \`type\`, \`super\`, names with two underscores other than \`__name__\` and \`__file__\`, processes, sockets, threads, pickles, and nothing that looks like a key or a password.
- No step that could hold the process: regular expressions are literals, without one repetition in another that takes the same text (\`(a+)+\`), and texts are put into them with \`re.escape\` only; exponents, lengths and rounds of a loop are small, and those that come from outside are bounded first, as in \`2 ** min(n, 16)\`; every loop has a way out.
- \`modelId\` is \`MODEL_ID\`. Buckets, queues and whatever belongs to an account come from environment variables, never from a literal or from what a caller says.
- Plain Python text, not Markdown: no fence around it, no escaped line ends. At most 100 kB.

What tools answer: there is no data base. A tool checks and normalises its arguments and answers with a dict that can be JSON, e.g. \`{"status": "noted", …}\`; it decides only by rules of the procedure (limits, deadlines, dates given by the caller), and answers with \`{"status": "refused", "reason": …}\` when they say no. It never makes up data, and never raises for what a caller may say.

What the procedure tells the agent to say stands in \`full_prompt.md\`, which somebody else writes. Do not repeat it in the code.`,
};
