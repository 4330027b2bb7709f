import { NumberInput, Select, TextInput } from '@mantine/core';
import { FormDialog } from './form-dialog.tsx';
import type { KnowledgeSource } from './types.ts';

const BLANK = {
  name: '',
  bucketArn: '',
  prefix: '',
  strategy: 'FIXED_SIZE',
  deletion: 'DELETE',
  maxTokens: 500,
  overlapPercentage: 20,
  parentTokens: 1500,
  childTokens: 300,
  overlapTokens: 60,
  bufferSize: 0,
  breakpointPercentileThreshold: 95,
};
type Form = typeof BLANK;
type Figure = Exclude<{ [Name in keyof Form]: Form[Name] extends number ? Name : never }[keyof Form], never>;

/** Its figures, and where the API keeps each. */
const WAYS: Readonly<Record<string, { label: string; figures: readonly (readonly [Figure, string, string])[] }>> = {
  FIXED_SIZE: {
    label: 'Chunks of a fixed size',
    figures: [
      ['maxTokens', 'Tokens in a chunk', 'chunking.maxTokens'],
      ['overlapPercentage', 'Overlap, %', 'chunking.overlapPercentage'],
    ],
  },
  HIERARCHICAL: {
    label: 'Small chunks are searched, larger ones answered with',
    figures: [
      ['parentTokens', 'Tokens of the larger', 'chunking.levelConfigurations.0.maxTokens'],
      ['childTokens', 'Tokens of the smaller', 'chunking.levelConfigurations.1.maxTokens'],
      ['overlapTokens', 'Overlap, tokens', 'chunking.overlapTokens'],
    ],
  },
  SEMANTIC: {
    label: 'Where the meaning changes (asks a model, which is charged for)',
    figures: [
      ['maxTokens', 'Tokens in a chunk', 'chunking.maxTokens'],
      ['bufferSize', 'Sentences beside each', 'chunking.bufferSize'],
      ['breakpointPercentileThreshold', 'Break at percentile', 'chunking.breakpointPercentileThreshold'],
    ],
  },
  NONE: { label: 'A document is one chunk', figures: [] },
};

function chunkingOf(form: Form): object {
  const { strategy, maxTokens, overlapPercentage, parentTokens, childTokens, overlapTokens } = form;
  if (strategy === 'FIXED_SIZE') return { strategy, maxTokens, overlapPercentage };
  if (strategy === 'HIERARCHICAL') {
    return { strategy, levelConfigurations: [{ maxTokens: parentTokens }, { maxTokens: childTokens }], overlapTokens };
  }
  if (strategy === 'NONE') return { strategy };
  const { bufferSize, breakpointPercentileThreshold } = form;
  return { strategy, maxTokens, bufferSize, breakpointPercentileThreshold };
}

/** `my-bucket` is as good as its ARN. */
const arnOf = (bucket: string) => (/^[a-z0-9.-]+$/.test(bucket) ? `arn:aws:s3:::${bucket}` : bucket);

/** Adds a bucket, or a part of one, to a knowledge base. */
export function SourceDialog(props: { path: string; close: () => void; created: (source: KnowledgeSource) => void }) {
  const { path, close, created } = props;
  return (
    <FormDialog<Form, KnowledgeSource>
      title="Add a source"
      keptAs={`source.${path}`}
      blank={BLANK}
      path={`${path}/sources`}
      bodyOf={(form) => ({
        name: form.name.trim(),
        bucketArn: arnOf(form.bucketArn.trim()),
        ...(form.prefix !== '' && { prefix: form.prefix }),
        chunking: chunkingOf(form),
        deletion: form.deletion,
      })}
      close={close}
      created={created}
    >
      {(form, set, errors) => (
        <>
          <TextInput
            label="Name"
            description="Letters, digits, and “_” or “-” between them."
            value={form.name}
            error={errors.name}
            onChange={({ currentTarget }) => set({ name: currentTarget.value })}
            data-autofocus
          />
          <TextInput
            label="Bucket"
            description="Its name or ARN. Bedrock reads PDF, HTML, Markdown, text, Word, Excel and CSV, up to 50 MB each."
            value={form.bucketArn}
            error={errors.bucketArn}
            onChange={({ currentTarget }) => set({ bucketArn: currentTarget.value })}
          />
          <TextInput
            label="Prefix"
            description="Only objects whose keys begin with it; left empty: all."
            value={form.prefix}
            error={errors.prefix}
            onChange={({ currentTarget }) => set({ prefix: currentTarget.value })}
          />
          <Select
            label="Documents are cut into"
            description="Cannot be changed later."
            data={Object.entries(WAYS).map(([value, { label }]) => ({ value, label }))}
            value={form.strategy}
            error={errors.chunking}
            onChange={(strategy) => set({ strategy: strategy ?? BLANK.strategy })}
          />
          <div className="knowledge-figures">
            {WAYS[form.strategy]?.figures.map(([name, label, field]) => (
              <NumberInput
                key={name}
                label={label}
                value={form[name]}
                error={errors[field]}
                allowDecimal={false}
                min={0}
                onChange={(value) => set({ [name]: value === '' ? BLANK[name] : Number(value) })}
              />
            ))}
          </div>
          <Select
            label="When a document, or this source, is deleted"
            data={[
              { value: 'DELETE', label: 'its vectors go as well' },
              { value: 'RETAIN', label: 'its vectors stay and are still found' },
            ]}
            value={form.deletion}
            error={errors.deletion}
            onChange={(deletion) => set({ deletion: deletion ?? BLANK.deletion })}
          />
        </>
      )}
    </FormDialog>
  );
}
