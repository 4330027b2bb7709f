import { Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { FormDialog } from './form-dialog.tsx';
import type { Thing } from './thing.ts';
import type { KnowledgeBase } from './types.ts';
import { BASES_KEY, INDEXES_KEY } from './use-things.ts';

const BLANK = {
  name: '',
  description: '',
  roleArn: '',
  embeddingModelId: '',
  dimensions: '1024',
  kind: 'S3_VECTORS',
  vectorBucketName: '',
  indexName: '',
  collectionArn: '',
  collectionEndpoint: '',
  vectorIndexName: '',
  vectorField: '',
  textField: '',
  metadataField: '',
};
type Form = typeof BLANK;

interface Field {
  readonly name: keyof Form;
  readonly label: string;
  readonly description?: string;
}

const FIRST: readonly Field[] = [
  { name: 'name', label: 'Name', description: 'Letters, digits, and “_” or “-” between them.' },
  { name: 'description', label: 'Description' },
  {
    name: 'roleArn',
    label: 'IAM role',
    description: 'Its ARN: what Bedrock reads the documents and writes the vectors as.',
  },
  { name: 'embeddingModelId', label: 'Embedding model', description: 'Left empty: Titan Text Embeddings V2.' },
];

const PLACES: Readonly<Record<string, readonly Field[]>> = {
  S3_VECTORS: [
    { name: 'vectorBucketName', label: 'Vector bucket', description: 'Of S3 Vectors; made when it is missing.' },
    { name: 'indexName', label: 'Index', description: 'Made when it is missing.' },
  ],
  OPENSEARCH_SERVERLESS: [
    {
      name: 'collectionArn',
      label: 'Collection',
      description: 'Its ARN. It must be there, of the type vector search.',
    },
    { name: 'collectionEndpoint', label: 'Endpoint', description: 'Left empty: that of a classic collection.' },
    { name: 'vectorIndexName', label: 'Index', description: 'Made when it is missing.' },
    {
      name: 'vectorField',
      label: 'Field of vectors',
      description: 'Left empty: bedrock-knowledge-base-default-vector.',
    },
    { name: 'textField', label: 'Field of text', description: 'Left empty: AMAZON_BEDROCK_TEXT_CHUNK.' },
    { name: 'metadataField', label: 'Field of metadata', description: 'Left empty: AMAZON_BEDROCK_METADATA.' },
  ],
};

const filled = (form: Form, fields: readonly Field[]) =>
  Object.fromEntries(fields.flatMap(({ name }) => (form[name].trim() === '' ? [] : [[name, form[name].trim()]])));

/** As the API takes it: what was left empty is left out. */
function bodyOf(form: Form) {
  return {
    ...filled(form, FIRST),
    dimensions: Number(form.dimensions),
    storage: { kind: form.kind, ...filled(form, PLACES[form.kind] ?? []) },
  };
}

/** Makes a knowledge base of Bedrock's. */
export function BaseDialog({ close, created }: { close: () => void; created: (thing: Thing) => void }) {
  const queries = useQueryClient();
  return (
    <FormDialog<Form, KnowledgeBase>
      title="New knowledge base"
      keptAs="base"
      blank={BLANK}
      path="/knowledge-bases"
      bodyOf={bodyOf}
      close={close}
      created={({ id }) => {
        void queries.invalidateQueries({ queryKey: BASES_KEY });
        // Its index may have been made with it.
        void queries.invalidateQueries({ queryKey: INDEXES_KEY });
        created({ kind: 'base', id });
      }}
    >
      {(form, set, errors) => {
        const input = ({ name, label, description }: Field) => (
          <TextInput
            key={name}
            label={label}
            description={description}
            value={form[name]}
            error={errors[name] ?? errors[`storage.${name}`]}
            onChange={({ currentTarget }) => set({ [name]: currentTarget.value })}
            {...(name === 'name' && { 'data-autofocus': true })}
          />
        );
        return (
          <>
            {FIRST.map(input)}
            <Select
              label="Dimensions"
              data={['256', '512', '1024']}
              value={form.dimensions}
              error={errors.dimensions}
              onChange={(dimensions) => set({ dimensions: dimensions ?? BLANK.dimensions })}
            />
            <Select
              label="Vectors are kept in"
              data={[
                { value: 'S3_VECTORS', label: 'S3 Vectors' },
                { value: 'OPENSEARCH_SERVERLESS', label: 'OpenSearch Serverless' },
              ]}
              value={form.kind}
              error={errors.storage}
              onChange={(kind) => set({ kind: kind ?? BLANK.kind })}
            />
            {PLACES[form.kind]?.map(input)}
          </>
        );
      }}
    </FormDialog>
  );
}
