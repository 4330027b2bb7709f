"""Clients of services. Bytes travel as {"__bytes__": base64}; the host waits for the service while this thread stands still."""

import base64
import json
import os

# Given by the host before any agent runs: (service, operation, JSON) -> JSON.
import oratio_host

from .exceptions import ClientError, NoRegionError
from .response import StreamingBody


class Exceptions:
    """`client.exceptions.NoSuchKey` and the like: a class for each code, made when it is first named."""

    def __init__(self):
        self._classes = {}

    def __getattr__(self, code):
        if code.startswith("_"):
            raise AttributeError(code)
        if code == "ClientError":
            return ClientError
        return self._classes.setdefault(code, type(code, (ClientError,), {}))


class Client:
    exceptions = Exceptions()

    def __init__(self, service, region_name=None):
        region = region_name or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise NoRegionError()
        self._service = service
        self._region = region

    def __getattr__(self, operation):
        if operation.startswith("_"):
            raise AttributeError(operation)
        return lambda **given: self._call(operation, given)

    def converse_stream(self, **given):
        """The whole answer, told in the events of a stream."""
        answer = self._call("converse", given)
        return {"stream": events_of(answer), "ResponseMetadata": answer["ResponseMetadata"]}

    def close(self):
        pass

    def _call(self, operation, given):
        answer = json.loads(
            oratio_host.call(self._service, operation, json.dumps(given, default=encoded)), object_hook=decoded
        )
        if "missing" in answer:
            raise NotImplementedError(f"{self._service}.{operation} is not part of this stand-in")
        name = "".join(part.capitalize() for part in operation.split("_"))
        if "error" in answer:
            error = answer["error"]
            response = {
                "Error": {"Code": error["code"], "Message": error["message"]},
                "ResponseMetadata": {"HTTPStatusCode": error["status"]},
            }
            raise getattr(self.exceptions, error["code"])(response, name)
        value = dict(answer["value"])
        for name in ("Body", "body"):
            if isinstance(value.get(name), bytes):
                value[name] = StreamingBody(value[name])
        value["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": {}, "RetryAttempts": 0}
        return value


def encoded(value):
    if isinstance(value, (bytes, bytearray)):
        return {"__bytes__": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} is no type of an AWS parameter")


def decoded(value):
    return base64.b64decode(value["__bytes__"]) if set(value) == {"__bytes__"} else value


def events_of(answer):
    yield {"messageStart": {"role": "assistant"}}
    for index, block in enumerate(answer["output"]["message"]["content"]):
        if "toolUse" in block:
            use = block["toolUse"]
            start = {"toolUse": {"toolUseId": use["toolUseId"], "name": use["name"]}}
            yield {"contentBlockStart": {"contentBlockIndex": index, "start": start}}
            delta = {"toolUse": {"input": json.dumps(use["input"])}}
        else:
            delta = block
        yield {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}
        yield {"contentBlockStop": {"contentBlockIndex": index}}
    yield {"messageStop": {"stopReason": answer["stopReason"]}}
    yield {"metadata": {"usage": answer.get("usage", {}), "metrics": answer.get("metrics", {})}}
