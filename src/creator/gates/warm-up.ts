/** A program with most of what Python has: whoever has read it once reads all others fast. Nobody ever runs it. */
export const WARM_UP = `
from __future__ import annotations
import asyncio, json, os, re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Generic, TypedDict, TypeVar
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()
MODEL_ID = os.environ.get("MODEL_ID", "amazon.nova-pro-v1:0")
REGION: str = os.environ["AWS_REGION"]
SYSTEM_PROMPT = Path(__file__).with_name("full_prompt.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"^[A-Z]{2}-\\d+$", re.IGNORECASE)
TOOLS = [{"toolSpec": {"name": "look_up", "inputSchema": {"json": {"type": "object", "properties": {"n": {"type": "string"}}}}}}]
PATTERNS = [
    re.compile(r"^[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+$"),
    re.compile(r"^\\w+(?:\\s*,\\s*\\w+)*(?:\\s+and\\s+\\w+)?$", re.I | re.M),
    re.compile(r"\\d{1,3}(?:,\\d{3})*(?:\\.\\d{2})?\\b|[^x]+(?=.*y)"),
]
T = TypeVar("T")
client = None

class State(Enum):
    OPEN = "open"
    DONE = "done"

class Order(TypedDict, total=False):
    number: str
    items: list[dict[str, Any]]

@dataclass(frozen=True)
class Line(Generic[T]):
    name: str
    count: int = 1
    tags: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{self.name!r:>10} x {self.count:03d} {'' if self.count else 'none'}"

    @staticmethod
    def of(*names: str, sep: str = ", ", **more: int) -> "Line":
        first, *rest = names or ("x",)
        return Line(name=sep.join([first, *rest]), count=sum(more.values()))

def look_up(n: str, /, days: int | None = None, *, deep: bool = False) -> Order:
    """Looks it up."""
    global client
    total = {k: v for k, v in zip("ab", (1, 2), strict=False) if v not in {0} and not k.isdigit()}
    pairs = sorted(((a, b) for a in range(3) for b in range(a)), key=lambda p: (-p[0], p[1] ** 2 % 5 // 1))
    if (m := NUMBER.match(n)) is None or days is not None and 0 < days <= 30:
        return {"number": n.strip()[1:-1:2], "items": [*pairs[:2], total | {"c": 3.5e1}]}
    elif m.group(0) != n:
        raise ValueError("no") from None
    else:
        pass
    while True:
        days = (days or 0) + 1
        if days > 3:
            break
        continue
    for index, value in enumerate(pairs):
        days -= index if value else ~index << 2
    else:
        del total
    assert days, "none"
    match {"kind": n, "at": [1, 2]}:
        case {"kind": "a" | "b" as kind, **rest} if rest:
            return {"number": kind}
        case {"at": [int(one), *_]}:
            return {"number": str(one)}
        case Line(name=str(name)):
            return {"number": "x"}
        case _:
            return {"number": "until {0:.2f}".format(1.0)}

async def stream(text: str):
    await asyncio.sleep(0)
    async for part in other(text):
        yield part
    result = [each async for each in other(text)]
    yield await asyncio.gather(*result, return_exceptions=True)

async def other(text):
    yield text

def numbers():
    yield from range(3)
    when = datetime.now(timezone.utc) - timedelta(days=1, hours=-2)
    x = yield when.isoformat()
    return x

def outer():
    count = 0
    def inner():
        nonlocal count
        count += 1
        return super
    return inner

@app.entrypoint
def invoke(payload, context):
    prompt = payload.get("prompt", "") if isinstance(payload, dict) else str(payload)
    session = getattr(context, "session_id", None)
    runtime = boto3.client("bedrock-runtime", config=Config(read_timeout=30, retries={"max_attempts": 2}))
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    try:
        for _ in range(8):
            request = {"modelId": MODEL_ID, "system": [{"text": SYSTEM_PROMPT}], "toolConfig": {"tools": TOOLS}}
            request["messages"] = messages
            answer = runtime.converse(**request)
            message = answer["output"]["message"]
            uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
            if not uses:
                return {"result": "".join(block.get("text", "") for block in message["content"])}
            results = [{"toolResult": {"toolUseId": use["toolUseId"], "content": [{"json": look_up(**use["input"])}]}} for use in uses]
            messages += [message, {"role": "user", "content": results}]
    except (ClientError, KeyError) as error:
        return {"result": "It does not work.", "error": str(error), "session": session}
    except Exception:
        raise
    finally:
        json.dumps(messages, ensure_ascii=False)
    with Path(__file__) as file, client as (a, b):
        print(file, a.b[0](b)[1:], end="")
    return {"result": "I could not finish this." "\\n" f"{prompt}"}

if __name__ == "__main__":
    app.run()
`;
