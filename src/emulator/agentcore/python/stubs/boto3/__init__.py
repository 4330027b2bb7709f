"""A small stand-in for boto3: clients whose operations are carried out by the host, which refuses what it does not know."""

from botocore.client import Client


def client(service_name, region_name=None, **_settings):
    return Client(service_name, region_name)


def resource(service_name, *_args, **_kwargs):
    raise NotImplementedError(f"boto3.resource({service_name!r}) is not part of this stand-in")


class Session:
    def __init__(self, region_name=None, **_settings):
        self.region_name = region_name

    def client(self, service_name, region_name=None, **settings):
        return client(service_name, region_name or self.region_name, **settings)

    resource = staticmethod(resource)
