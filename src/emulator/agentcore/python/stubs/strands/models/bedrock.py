import boto3

DEFAULT_MODEL = "amazon.nova-pro-v1:0"
INFERENCE = {"temperature": "temperature", "max_tokens": "maxTokens", "top_p": "topP", "stop_sequences": "stopSequences"}


class BedrockModel:
    """Converse as Strands asks for it; guardrails and caches are accepted, and of no effect."""

    def __init__(self, *, model_id=DEFAULT_MODEL, region_name=None, **settings):
        self.model_id = model_id
        self.client = boto3.client("bedrock-runtime", region_name=region_name)
        self.inference = {name: settings[key] for key, name in INFERENCE.items() if settings.get(key) is not None}

    def converse(self, messages, tool_specs, system_prompt):
        request = {"modelId": self.model_id, "messages": messages, "inferenceConfig": self.inference}
        if system_prompt:
            request["system"] = [{"text": system_prompt}]
        if tool_specs:
            request["toolConfig"] = {"tools": [{"toolSpec": spec} for spec in tool_specs]}
        return self.client.converse(**request)
