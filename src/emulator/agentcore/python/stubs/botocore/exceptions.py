class BotoCoreError(Exception):
    pass


class NoRegionError(BotoCoreError):
    def __init__(self):
        super().__init__("You must specify a region.")


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
