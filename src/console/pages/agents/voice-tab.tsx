import { Button, Group, Text, Title } from '@mantine/core';
import { IconPhoneCall } from '@tabler/icons-react';
import { Link } from 'wouter';
import { NumberField, SelectField } from './fields.tsx';
import { useForm } from './form.ts';
import { isFirstGeneration, voicesOf } from './voices.ts';

export function VoiceTab({ agentId, isDirty }: { agentId: string | null; isDirty: boolean }) {
  const { draft } = useForm();
  const modelId = typeof draft.modelId === 'string' ? draft.modelId : undefined;
  return (
    <div className="agent-form">
      <SelectField
        path="voiceId"
        label="Voice"
        hint={`The voices of ${modelId ?? 'the newest model'}.`}
        options={voicesOf(modelId)}
      />
      {agentId !== null && (
        <Group gap="sm">
          <Button
            component={Link}
            href={`/test?agent=${encodeURIComponent(agentId)}`}
            variant="default"
            leftSection={<IconPhoneCall size={16} />}
          >
            Hear it
          </Button>
          <Text size="sm" c="dimmed">
            {isDirty ? 'A test call speaks with the saved version: save first to hear this one.' : 'In a test call.'}
          </Text>
        </Group>
      )}
      <SelectField
        path="endpointing"
        label="Endpointing"
        hint={
          modelId !== undefined && isFirstGeneration(modelId)
            ? 'This model takes none: leave it empty.'
            : 'How soon a pause counts as the end of what the caller says: HIGH answers soonest, LOW lets people think.'
        }
        options={['LOW', 'MEDIUM', 'HIGH']}
        isOptional
      />
      <Title order={2} size="h3">
        Inference
      </Title>
      <div className="agent-pair">
        <NumberField path="inference.temperature" label="Temperature" hint="0 to 1." step={0.1} />
        <NumberField path="inference.topP" label="Top P" hint="0 to 1." step={0.1} />
        <NumberField path="inference.maxTokens" label="Tokens of an answer at most" hint="1 to 10,000." />
      </div>
      <Title order={2} size="h3">
        Audio
      </Title>
      <div className="agent-pair">
        <SelectField path="audio.inputRateHz" label="What the model hears (Hz)" options={[8000, 16_000]} />
        <SelectField path="audio.outputRateHz" label="What the model speaks (Hz)" options={[8000, 24_000]} />
      </div>
    </div>
  );
}
