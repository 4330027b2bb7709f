import { Stack } from '@mantine/core';
import { AuthFields } from './auth-fields.tsx';
import type { Draft } from './draft.ts';
import { AreaField, NumberField, OptionalFields, TextField } from './fields.tsx';
import { RuntimePicker } from './runtime-picker.tsx';
import { SpecField } from './spec-field.tsx';
import { kindOf } from './tool-kinds.ts';
import { JsonField } from './typed-fields.tsx';
import { WaitSoundFields } from './wait-sound-fields.tsx';

/** Every field of a tool of its kind. */
export function ToolForm({ path, tool }: { path: string; tool: Draft }) {
  const { isNamed, canWait, hasAuth, fields } = kindOf(tool);
  return (
    <Stack gap="sm">
      {isNamed && (
        <>
          <TextField path={`${path}.name`} label="Name" hint="As the model calls it: letters, digits, _ and -." />
          <AreaField
            path={`${path}.description`}
            label="Description"
            hint="Tells the model when to use it and what comes back."
          />
        </>
      )}
      {(tool.kind === 'agentcore' || tool.kind === 'bedrock-agent') && <RuntimePicker path={path} kind={tool.kind} />}
      {fields.map((field) => (
        <SpecField key={field.path} of={field} tool={path} />
      ))}
      {tool.kind === 'knowledge-base' && (
        <OptionalFields
          path={`${path}.rerankingConfiguration`}
          label="Another model puts them in order"
          initial={{ modelArn: '' }}
        >
          <TextField path={`${path}.rerankingConfiguration.modelArn`} label="ARN of that model" />
          <NumberField
            path={`${path}.rerankingConfiguration.numberOfRerankedResults`}
            label="Passages that are left"
            hint="1 to 100; left empty, all."
            isOptional
          />
        </OptionalFields>
      )}
      {hasAuth && <AuthFields path={`${path}.auth`} />}
      {isNamed && (
        <JsonField
          path={`${path}.inputSchema`}
          label="Input schema"
          hint='JSON Schema of what the model has to give: {"type": "object", "properties": {…}}. Left empty, the kind has its own.'
          isOptional
        />
      )}
      <NumberField path={`${path}.timeoutMs`} label="Time limit" hint="100 to 60,000 ms." suffix=" ms" />
      {canWait && <WaitSoundFields path={`${path}.waitSound`} />}
    </Stack>
  );
}
