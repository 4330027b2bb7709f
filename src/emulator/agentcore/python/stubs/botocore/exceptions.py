class BotoCoreError(Exception):
    pass


class NoRegionError(BotoCoreError):
    def __init__(self):
        super().__init__("You must specify a region.")


class NoCredentialsError(BotoCoreError):
    def __init__(self, **_settings):
        super().__init__("Unable to locate credentials")


class HTTPClientError(BotoCoreError):
    def __init__(self, error="", **_settings):
        super().__init__(f"An HTTP Client raised an unhandled exception: {error}")


class ConnectionError(BotoCoreError):
    def __init__(self, error="", **_settings):
        super().__init__(f"An HTTP Client failed to establish a connection: {error}")


class EndpointConnectionError(ConnectionError):
    pass


class ConnectTimeoutError(ConnectionError):
    pass


class ReadTimeoutError(HTTPClientError):
    pass


class ParamValidationError(BotoCoreError):
    def __init__(self, report=""):
        super().__init__(f"Parameter validation failed:\n{report}")


class ClientError(Exception):
    """A refusal of a service."""

    def __init__(self, error_response, operation_name):
        error = error_response.get("Error", {})
        code, message = error.get("Code", "Unknown"), error.get("Message", "Unknown")
        super().__init__(f"An error occurred ({code}) when calling the {operation_name} operation: {message}")
        self.response = error_response
        self.operation_name = operation_name
