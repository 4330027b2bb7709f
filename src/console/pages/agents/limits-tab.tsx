import { Title } from '@mantine/core';
import { NumberField, OptionalFields, SelectField, SwitchField, TextField } from './fields.tsx';

const KEYS = ['#', '*', ...'0123456789'];

export function LimitsTab() {
  return (
    <div className="agent-form">
      <TextField path="modelId" label="Model" hint="Of Bedrock. Left empty, the bridge’s own default." isOptional />
      <NumberField path="maxCallMs" label="Longest call" hint="Up to 240 min." scale={60_000} suffix=" min" />
      <Title order={2} size="h3">
        When the caller says nothing
      </Title>
      <div className="agent-pair">
        <NumberField path="silence.promptAfterMs" label="Asks after" hint="1 to 600 s." scale={1000} suffix=" s" />
        <NumberField
          path="silence.hangUpAfter"
          label="Hangs up after so many questions"
          hint="0 never asks and never hangs up."
        />
      </div>
      <Title order={2} size="h3">
        Keys
      </Title>
      <div className="agent-pair">
        <SelectField path="dtmf.terminator" label="Ends what is typed" hint="One key." options={KEYS} />
        <NumberField path="dtmf.pauseMs" label="So does a pause of" hint="100 to 60,000 ms." suffix=" ms" />
        <TextField
          path="dtmf.handoffKey"
          label="Key that puts through to a person"
          hint="Needs a hand-off tool."
          isOptional
        />
      </div>
      <SwitchField
        path="dtmf.sensitive"
        label="Keys are secrets"
        hint="Card numbers, PINs: nothing of the call is kept while they are typed."
      />
      <Title order={2} size="h3">
        Memory
      </Title>
      <OptionalFields
        path="memory"
        label="Remembers callers (AgentCore Memory)"
        initial={{ memoryId: '', namespace: '/actors/{actorId}', hashCaller: false, maxCharacters: 2000 }}
      >
        <div className="agent-pair">
          <TextField path="memory.memoryId" label="Memory id" />
          <TextField path="memory.namespace" label="Namespace" hint="{actorId} is the caller." />
          <NumberField path="memory.maxCharacters" label="Characters at most" hint="100 to 10,000." />
        </div>
        <SwitchField path="memory.hashCaller" label="The caller’s number is kept as a hash" />
      </OptionalFields>
      <Title order={2} size="h3">
        Guardrail
      </Title>
      <OptionalFields
        path="guardrail"
        label="Results of tools pass a Bedrock guardrail"
        initial={{ guardrailId: '', guardrailVersion: 'DRAFT' }}
      >
        <div className="agent-pair">
          <TextField path="guardrail.guardrailId" label="Guardrail id" />
          <TextField path="guardrail.guardrailVersion" label="Version" hint="A number or DRAFT." />
        </div>
      </OptionalFields>
    </div>
  );
}
