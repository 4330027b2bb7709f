import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import {
  type FieldProblem,
  MAX_FIELDS,
  METADATA_KINDS,
  type MetadataField,
  type MetadataKind,
  readMetadata,
} from './metadata.ts';

const KINDS = Object.entries(METADATA_KINDS).map(([value, label]) => ({ value, label }));
const VALUE_HINTS: Readonly<Record<MetadataKind, string>> = {
  text: '',
  number: '2026',
  boolean: '',
  list: 'hall, kitchen',
};
const ANSWERS = [
  { value: 'true', label: 'yes' },
  { value: 'false', label: 'no' },
];

/** What the documents of the next drop can be filtered by. */
export function MetadataFields(props: {
  fields: readonly MetadataField[];
  /** Whether what is wrong is shown: from when documents were to be taken with it. */
  isChecked: boolean;
  change: (fields: readonly MetadataField[]) => void;
}) {
  const { fields, isChecked, change } = props;
  const read = readMetadata(fields);
  const problemOf = ({ id }: MetadataField): FieldProblem =>
    (isChecked && 'problems' in read && read.problems.get(id)) || {};
  const set = (id: number, changed: Partial<MetadataField>) =>
    change(fields.map((field) => (field.id === id ? { ...field, ...changed } : field)));
  const add = () => {
    const id = Math.max(0, ...fields.map((field) => field.id)) + 1;
    change([...fields, { id, key: '', kind: 'text', value: '' }]);
  };
  return (
    <fieldset className="knowledge-fields">
      <legend className="knowledge-meta">
        Metadata
        {fields.length > 0 && ' of all documents that are added from now on: they can be filtered by it'}
      </legend>
      {fields.map((field, index) => {
        const problem = problemOf(field);
        const { id, key, kind, value } = field;
        const nth = index + 1;
        const common = { 'aria-label': `Value ${nth}`, value, error: problem.value };
        return (
          <div key={id} className="knowledge-field">
            <TextInput
              aria-label={`Field ${nth}`}
              placeholder="product"
              value={key}
              error={problem.key}
              autoFocus={key === '' && value === ''}
              onChange={({ currentTarget }) => set(id, { key: currentTarget.value })}
            />
            <NativeSelect
              aria-label={`Kind of field ${nth}`}
              data={KINDS}
              value={kind}
              onChange={({ currentTarget }) => {
                const chosen = currentTarget.value as MetadataKind;
                const isAnswer = value === 'true' || value === 'false';
                set(id, { kind: chosen, ...(chosen === 'boolean' && !isAnswer && { value: 'true' }) });
              }}
            />
            {kind === 'boolean' ? (
              <NativeSelect
                {...common}
                data={ANSWERS}
                onChange={({ currentTarget }) => set(id, { value: currentTarget.value })}
              />
            ) : (
              <TextInput
                {...common}
                placeholder={VALUE_HINTS[kind]}
                onChange={({ currentTarget }) => set(id, { value: currentTarget.value })}
              />
            )}
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Take field ${nth} away`}
              onClick={() => change(fields.filter((other) => other.id !== id))}
            >
              <IconX size={16} />
            </ActionIcon>
          </div>
        );
      })}
      {fields.length < MAX_FIELDS && (
        <Button size="compact-sm" variant="subtle" leftSection={<IconPlus size={14} />} onClick={add}>
          Add a field
        </Button>
      )}
    </fieldset>
  );
}
