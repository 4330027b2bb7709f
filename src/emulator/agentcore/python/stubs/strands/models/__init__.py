from .bedrock import BedrockModel

__all__ = ["BedrockModel"]
