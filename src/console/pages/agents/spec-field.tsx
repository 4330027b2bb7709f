import { NumberField, SelectField, SwitchField, TextField } from './fields.tsx';
import type { FieldSpec } from './tool-kinds.ts';
import { JsonField, ListField } from './typed-fields.tsx';

/** The field that a kind of tool says it has. */
export function SpecField({
  of: { type, path, label, hint, options = [], isOptional },
  tool,
}: {
  of: FieldSpec;
  tool: string;
}) {
  const common = {
    path: `${tool}.${path}`,
    label,
    ...(hint !== undefined && { hint }),
    ...(isOptional !== undefined && { isOptional }),
  };
  switch (type) {
    case 'text':
      return <TextField {...common} />;
    case 'number':
      return <NumberField {...common} />;
    case 'json':
      return <JsonField {...common} />;
    case 'list':
      return <ListField {...common} />;
    case 'switch':
      return <SwitchField {...common} />;
    case 'select':
      return <SelectField {...common} options={options} />;
  }
}
