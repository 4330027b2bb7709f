"""Plays what surrounds an agent's code on AgentCore: starts its program once for each session and hands it requests.

A session has its own `__main__`, modules, environment and folder; requests of all sessions run one after the other.
Threads do not exist here: what is given to one is done at once. Source: bedrock-agentcore (Python), runtime/app.py.
"""

import asyncio
import contextlib
import inspect
import json
import os
import shutil
import sys
import tempfile
import traceback
import types

from bedrock_agentcore.runtime import BedrockAgentCoreApp, BedrockAgentCoreContext, RequestContext

# Sessions that nobody has asked for the longest make room.
MOST_SESSIONS = 100
# Modules from these places belong to everybody.
SHARED = (os.path.dirname(os.__file__), "/stubs")
PLAIN_ENVIRONMENT = dict(os.environ)

sessions = {}


class Session:
    def __init__(self, files, environment):
        self.folder = tempfile.mkdtemp(prefix="session-", dir="/")
        self.environment = {**PLAIN_ENVIRONMENT, **environment}
        self.modules = {}
        self.app = None
        os.mkdir(f"{self.folder}/tmp")
        for name, text in files.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    @contextlib.contextmanager
    def in_place(self):
        """Everything that is the session's own is there, and away again afterwards."""
        before = dict(sys.modules)
        sys.modules.update(self.modules)
        os.environ.clear()
        os.environ.update(self.environment)
        os.chdir(self.folder)
        tempfile.tempdir = f"{self.folder}/tmp"
        sys.path.insert(0, self.folder)
        try:
            yield
        finally:
            sys.path.remove(self.folder)
            tempfile.tempdir = None
            os.chdir("/")
            self.environment = dict(os.environ)
            own = {name: module for name, module in sys.modules.items() if is_own(name, module)}
            self.modules = own
            for name in own:
                del sys.modules[name]
            for name in own.keys() & before.keys():
                sys.modules[name] = before[name]

    def start(self, entry_point):
        """Runs the program. One that comes to its end without a server is gone before it could answer."""
        main = types.ModuleType("__main__")
        main.__file__ = os.path.join(self.folder, entry_point)
        sys.modules["__main__"] = main
        BedrockAgentCoreApp.serving = None
        with open(main.__file__, encoding="utf-8") as file:
            exec(compile(file.read(), main.__file__, "exec"), main.__dict__)
        self.app = BedrockAgentCoreApp.serving
        if self.app is None:
            raise RuntimeError("the program ended without app.run()")

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def is_own(name, module):
    file = getattr(module, "__file__", None)
    return name == "__main__" or (isinstance(file, str) and not file.startswith(SHARED))


async def at_once(func, /, *args, **kwargs):
    return func(*args, **kwargs)


asyncio.to_thread = at_once


async def invoke(text, emit):
    """One request. Calls emit(kind, JSON): `broken` (it never came up), `failed` (HTTP 500), `json`, or `value` by `value`
    and `end`; `interrupted` when the host had enough of it."""
    order = json.loads(text)
    key = order["key"]
    try:
        session = None if order["isFirst"] else sessions.pop(key, None)
        if session is None:
            session = started(key, order)
        with session.in_place():
            await answer(session.app, order, emit)
    except NotStarted:
        emit("broken", "null")
    except KeyboardInterrupt:
        # It took too long, or nobody waits any more: the session is not to be relied on.
        emit("interrupted", "null")
    else:
        sessions[key] = session


class NotStarted(Exception):
    pass


def started(key, order):
    if key in sessions:
        sessions.pop(key).remove()
    if len(sessions) >= MOST_SESSIONS:
        sessions.pop(next(iter(sessions))).remove()
    session = Session(order["files"], order["environment"])
    try:
        with session.in_place():
            session.start(order["entryPoint"])
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        session.remove()
        raise NotStarted() from error
    return session


async def answer(app, order, emit):
    headers = order["headers"] or None
    context = RequestContext(session_id=order["sessionId"], request_headers=headers)
    BedrockAgentCoreContext._session_id = order["sessionId"]
    BedrockAgentCoreContext._request_headers = headers
    try:
        handler = app.handlers.get("main")
        if handler is None:
            raise LookupError("No entrypoint defined")
        arguments = (order["payload"], context) if takes_context(handler) else (order["payload"],)
        result = handler(*arguments)
        if inspect.iscoroutinefunction(handler):
            result = await result
    except Exception as error:
        traceback.print_exc()
        emit("failed", json.dumps({"error": str(error)}))
        return
    if not inspect.isgenerator(result) and not inspect.isasyncgen(result):
        emit("json", json_of(result))
        return
    try:
        if inspect.isgenerator(result):
            for value in result:
                emit("value", json_of(value))
        else:
            async for value in result:
                emit("value", json_of(value))
    except Exception as error:
        traceback.print_exc()
        told = {"error": str(error), "error_type": type(error).__name__}
        emit("value", json.dumps({**told, "message": "An error occurred during streaming"}))
    emit("end", "null")


def takes_context(handler):
    names = list(inspect.signature(handler).parameters)
    return len(names) >= 2 and names[1] == "context"


def json_of(value):
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        return json.dumps(str(value), ensure_ascii=False)
