"""A small stand-in for Amazon Bedrock AgentCore's SDK: an app without a web server. The host plays the server."""

from .runtime import BedrockAgentCoreApp, BedrockAgentCoreContext, PingStatus, RequestContext

__all__ = ["BedrockAgentCoreApp", "BedrockAgentCoreContext", "PingStatus", "RequestContext"]
