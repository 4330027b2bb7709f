import { Title } from '@mantine/core';
import { NumberField, SelectField } from './fields.tsx';
import { useForm } from './form.ts';
import { HearVoice } from './hear-voice.tsx';
import { isFirstGeneration, voicesOf } from './voices.ts';

export function VoiceTab({ agentId }: { agentId: string | null }) {
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
        <HearVoice
          agentId={agentId}
          voiceId={typeof draft.voiceId === 'string' ? draft.voiceId : undefined}
          greeting={typeof draft.greeting === 'string' ? draft.greeting : undefined}
          speaksFirst={modelId === undefined || !isFirstGeneration(modelId)}
        />
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
