"""What agents use of `bedrock_agentcore.runtime`."""

import asyncio
import enum
import functools
import itertools
import logging


class PingStatus(str, enum.Enum):
    HEALTHY = "Healthy"
    HEALTHY_BUSY = "HealthyBusy"


class RequestContext:
    """The second argument of an entrypoint that asks for it."""

    def __init__(self, session_id=None, request_headers=None, request=None):
        self.session_id = session_id
        self.request_headers = request_headers
        self.request = request


class BedrockAgentCoreContext:
    """The same for code that is not given it. One request runs at a time here."""

    _session_id = None
    _request_headers = None

    @classmethod
    def get_session_id(cls):
        return cls._session_id

    @classmethod
    def get_request_headers(cls):
        return cls._request_headers


class BedrockAgentCoreApp:
    """Keeps the entrypoint; `run` says that the program serves, and comes back at once."""

    # The app whose `run` was called last: the host looks here.
    serving = None

    def __init__(self, debug=False, lifespan=None, middleware=None):
        self.handlers = {}
        self.debug = debug
        self.logger = logging.getLogger("bedrock_agentcore.app")
        self._ping_handler = None
        self._tasks = {}
        self._task_ids = itertools.count(1)

    def entrypoint(self, func):
        self.handlers["main"] = func
        func.run = lambda port=8080, host=None: self.run(port, host)
        return func

    def ping(self, func):
        self._ping_handler = func
        return func

    def async_task(self, func):
        if not asyncio.iscoroutinefunction(func):
            raise ValueError("@async_task can only be applied to async functions")

        @functools.wraps(func)
        async def tracked(*args, **kwargs):
            task_id = self.add_async_task(func.__name__)
            try:
                return await func(*args, **kwargs)
            finally:
                self.complete_async_task(task_id)

        return tracked

    def add_async_task(self, name, metadata=None):
        task_id = next(self._task_ids)
        self._tasks[task_id] = name
        return task_id

    def complete_async_task(self, task_id):
        return self._tasks.pop(task_id, None) is not None

    def get_current_ping_status(self):
        if self._ping_handler:
            return PingStatus(self._ping_handler())
        return PingStatus.HEALTHY_BUSY if self._tasks else PingStatus.HEALTHY

    def run(self, port=8080, host=None, **kwargs):
        BedrockAgentCoreApp.serving = self
