"""A small stand-in for Strands Agents: an agent that converses with its model and calls functions that are tools.

What the gates let programs use, and no more. Source: strands-agents (Python), agent/agent.py and tools/decorator.py.
"""

import inspect
import json

from .models.bedrock import BedrockModel

# A model that calls tools without end is stopped; Strands itself would go on.
MOST_ROUNDS = 20
TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
NAMES = {kind.__name__: kind for kind in TYPES}


def tool(function=None, *, name=None, description=None):
    """Makes a function a tool; called directly it stays what it was."""
    if function is None:
        return lambda given: tool(given, name=name, description=description)
    words = inspect.getdoc(function) or function.__name__
    properties, required = {}, []
    for parameter in inspect.signature(function).parameters.values():
        kind = parameter.annotation
        kind = NAMES.get(kind, str) if isinstance(kind, str) else getattr(kind, "__origin__", kind)
        properties[parameter.name] = {"type": TYPES.get(kind, "string"), "description": f"Parameter {parameter.name}"}
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
    function.tool_name = name or function.__name__
    function.tool_spec = {
        "name": function.tool_name,
        "description": description or words.split("\n\n")[0],
        "inputSchema": {"json": {"type": "object", "properties": properties, "required": required}},
    }
    return function


class AgentResult:
    def __init__(self, stop_reason, message):
        self.stop_reason = stop_reason
        self.message = message

    def __str__(self):
        return "".join(block["text"] + "\n" for block in self.message["content"] if "text" in block)


class Agent:
    def __init__(self, model=None, messages=None, tools=None, system_prompt=None, **_settings):
        self.model = model if isinstance(model, BedrockModel) else BedrockModel(**({"model_id": model} if model else {}))
        self.messages = messages if messages is not None else []
        self.system_prompt = system_prompt
        self.tools = {each.tool_name: each for each in tools or []}

    def __call__(self, prompt=None, **_settings):
        if prompt is not None:
            content = [{"text": prompt}] if isinstance(prompt, str) else prompt
            self.messages.append({"role": "user", "content": content})
        for _ in range(MOST_ROUNDS):
            specs = [each.tool_spec for each in self.tools.values()]
            answer = self.model.converse(self.messages, specs, self.system_prompt)
            message = answer["output"]["message"]
            self.messages.append(message)
            uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
            if answer["stopReason"] != "tool_use" or not uses:
                return AgentResult(answer["stopReason"], message)
            results = [{"toolResult": self.use(use)} for use in uses]
            self.messages.append({"role": "user", "content": results})
        raise RuntimeError(f"the model called tools {MOST_ROUNDS} times and never answered")

    def use(self, use):
        """What the function answers; what it raises is told to the model."""
        try:
            value = self.tools[use["name"]](**use["input"])
            status, content = "success", [{"text": value if isinstance(value, str) else json.dumps(value, default=str)}]
        except Exception as error:
            status, content = "error", [{"text": f"Error: {error}"}]
        return {"toolUseId": use["toolUseId"], "status": status, "content": content}

    async def invoke_async(self, prompt=None, **settings):
        return self(prompt, **settings)

    async def stream_async(self, prompt=None, **settings):
        result = self(prompt, **settings)
        for block in result.message["content"]:
            if "text" in block:
                yield {"data": block["text"]}
        yield {"result": result}
