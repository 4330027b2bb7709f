import { Checkbox, NumberInput, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { isObject } from './draft.ts';

interface InputField {
  readonly name: string;
  readonly type: 'string' | 'number' | 'boolean' | 'enum';
  readonly isRequired: boolean;
  readonly description: string | undefined;
  readonly options: readonly string[];
}

/** The fields of an input by its JSON Schema; undefined when it has some that a form cannot have. */
export function inputFields(schema: Readonly<Record<string, unknown>>): InputField[] | undefined {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  const fields: InputField[] = [];
  for (const [name, property] of Object.entries(properties)) {
    const type = typeOf(property);
    if (!type || !isObject(property)) return undefined;
    fields.push({
      name,
      type,
      isRequired: required.includes(name),
      description: typeof property.description === 'string' ? property.description : undefined,
      options: Array.isArray(property.enum) ? property.enum.map(String) : [],
    });
  }
  return fields.length === 0 ? undefined : fields;
}

function typeOf(property: unknown): InputField['type'] | undefined {
  if (!isObject(property)) return undefined;
  if (Array.isArray(property.enum)) return property.enum.every((each) => typeof each === 'string') ? 'enum' : undefined;
  switch (property.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return property.type;
    case 'integer':
      return 'number';
    default:
      return undefined;
  }
}

/** Asks for an input: by a field each, or as JSON where its schema is beyond that. */
export function InputForm({
  fields,
  input,
  setInput,
  json,
  setJson,
}: {
  fields: readonly InputField[] | undefined;
  input: Readonly<Record<string, unknown>>;
  setInput: (input: Readonly<Record<string, unknown>>) => void;
  json: string;
  setJson: (json: string) => void;
}) {
  if (!fields) {
    return (
      <Textarea
        label="Input (JSON)"
        value={json}
        autosize
        minRows={2}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        onChange={({ currentTarget }) => setJson(currentTarget.value)}
      />
    );
  }
  const set = (name: string, value: unknown) => {
    const { [name]: _before, ...rest } = input;
    setInput(value === '' || value === null ? rest : { ...rest, [name]: value });
  };
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <FieldOf key={field.name} field={field} value={input[field.name]} set={(value) => set(field.name, value)} />
      ))}
    </Stack>
  );
}

function FieldOf(props: { field: InputField; value: unknown; set: (value: unknown) => void }) {
  const { field, value, set } = props;
  const common = { label: field.name, description: field.description, required: field.isRequired };
  switch (field.type) {
    case 'string':
      return (
        <TextInput {...common} value={String(value ?? '')} onChange={({ currentTarget }) => set(currentTarget.value)} />
      );
    case 'number':
      return <NumberInput {...common} hideControls value={typeof value === 'number' ? value : ''} onChange={set} />;
    case 'boolean':
      return (
        <Checkbox
          label={field.name}
          description={field.description}
          checked={value === true}
          onChange={({ currentTarget }) => set(currentTarget.checked)}
        />
      );
    case 'enum':
      return (
        <Select
          {...common}
          data={[...field.options]}
          value={typeof value === 'string' ? value : null}
          onChange={set}
          allowDeselect={!field.isRequired}
          clearable={!field.isRequired}
          clearButtonProps={{ 'aria-label': `Clear ${field.name}` }}
        />
      );
  }
}
