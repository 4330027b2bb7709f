"""The generic loader: one AgentCore runtime that answers for every agent in the bucket.

Payload: {"agent_id", "user_id", "version"?, "prompt", "session_id", "actor_id"}. Without a version it is the one that
`{user_id}/{agent_id}/latest` names: {"version": 3, "sha256": "<of manifest.json>"}. The files of a version are

    s3://$AGENTS_BUCKET/{user_id}/{agent_id}/{version}/manifest.json    {"files": {"agent.py": "<sha256>", ...}, ...}
    s3://$AGENTS_BUCKET/{user_id}/{agent_id}/{version}/agent.py ...

What does not have the hash that it should have is not run. The agent's own code runs in this process, with this
runtime's role: give that role the least (see README.md).
"""

import asyncio
import hashlib
import importlib.util
import inspect
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import boto3
from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()

# Parts of a key: no slash, and no name that is all dots.
ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.@=+:-]{1,128}\Z")
VERSION = re.compile(r"[1-9][0-9]{0,8}\Z")
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")

# The loader's own part of the payload: the agent gets the rest.
ADDRESS = ("agent_id", "user_id", "version")

# (user, agent, version) -> (sha256 of the manifest, handler). A session lives on a machine of its own, so that there are
# few; a version never changes, so that what is here need not be read again.
loaded = {}


def read(key):
    """The bytes of one object of the bucket."""
    client = boto3.client("s3")
    return client.get_object(Bucket=os.environ["AGENTS_BUCKET"], Key=key)["Body"].read()


def checked(name, value, pattern):
    """The value as text, if it is fit to be part of a key."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not pattern.match(text):
        raise ValueError(f"{name} is missing or not valid")
    return text


def digest(content):
    return hashlib.sha256(content).hexdigest()


def find(payload):
    """The handler of the agent that the payload is for; read from the bucket unless it has been already."""
    user = checked("user_id", payload.get("user_id"), ID)
    agent = checked("agent_id", payload.get("agent_id"), ID)
    version, expected = payload.get("version"), None
    if version is None or version == "":
        latest = json.loads(read(f"{user}/{agent}/latest"))
        version, expected = latest["version"], latest["sha256"]
    version = checked("version", version, VERSION)
    known = loaded.get((user, agent, version))
    if known and expected in (None, known[0]):
        return known[1]
    sha256, handler = load(f"{user}/{agent}/{version}/", expected)
    loaded[(user, agent, version)] = (sha256, handler)
    return handler


def load(prefix, expected):
    """Reads a version, checks every hash, and runs its agent.py as a module. Answers the manifest's hash and the handler."""
    manifest = read(prefix + "manifest.json")
    sha256 = digest(manifest)
    if expected not in (None, sha256):
        raise RuntimeError(f"{prefix}manifest.json is not the one that was approved")
    folder = Path(tempfile.mkdtemp(prefix="agent-"))
    for name, expected_hash in json.loads(manifest)["files"].items():
        checked("a file's name", name, FILE_NAME)
        content = read(prefix + name)
        if digest(content) != expected_hash:
            raise RuntimeError(f"{prefix}{name} is not the file that was approved")
        (folder / name).write_bytes(content)
    return sha256, handler_in(run(folder / "agent.py", f"agent_{sha256[:16]}"))


def run(path, name):
    """The file as a module: `__file__` is beside its prompts, `__name__` is not `__main__`, so that it starts no server."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def handler_in(module):
    """The entrypoint of the module's BedrockAgentCoreApp, which the SDK keeps as `handlers["main"]`."""
    for value in vars(module).values():
        if isinstance(value, BedrockAgentCoreApp) and "main" in value.handlers:
            return value.handlers["main"]
    raise RuntimeError("agent.py has no BedrockAgentCoreApp with an entrypoint")


def takes_context(handler):
    """As the SDK decides it: by the name of the second parameter."""
    names = list(inspect.signature(handler).parameters)
    return len(names) >= 2 and names[1] == "context"


@app.entrypoint
async def invoke(payload, context):
    """Finds the agent and lets it answer. Work that waits is done beside the event loop, which has to answer pings."""
    if not isinstance(payload, dict):
        raise ValueError("the payload is not a JSON object")
    handler = await asyncio.to_thread(find, payload)
    own = {name: value for name, value in payload.items() if name not in ADDRESS}
    arguments = (own, context) if takes_context(handler) else (own,)
    if inspect.iscoroutinefunction(handler):
        return await handler(*arguments)
    # A generator comes back as it is: the SDK turns what it yields into events.
    return await asyncio.to_thread(handler, *arguments)


if __name__ == "__main__":
    app.run()
