import { Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { FormDialog } from './form-dialog.tsx';
import type { Thing } from './thing.ts';
import type { Index } from './types.ts';
import { INDEXES_KEY } from './use-things.ts';

const BLANK = { vectorBucketName: '', indexName: '', dimensions: '1024', distanceMetric: 'cosine' };

/** Makes an S3 Vectors index. */
export function IndexDialog({ close, created }: { close: () => void; created: (thing: Thing) => void }) {
  const queries = useQueryClient();
  return (
    <FormDialog<typeof BLANK, Index>
      title="New index"
      keptAs="index"
      blank={BLANK}
      path="/indexes"
      bodyOf={(form) => ({ ...form, dimensions: Number(form.dimensions) })}
      close={close}
      created={({ vectorBucketName: bucket, indexName: index }) => {
        void queries.invalidateQueries({ queryKey: INDEXES_KEY });
        created({ kind: 'index', bucket, index });
      }}
    >
      {(form, set, errors) => (
        <>
          <TextInput
            label="Vector bucket"
            description="Of S3 Vectors; made when it is missing."
            value={form.vectorBucketName}
            error={errors.vectorBucketName}
            onChange={({ currentTarget }) => set({ vectorBucketName: currentTarget.value })}
            data-autofocus
          />
          <TextInput
            label="Index"
            description="3 to 63 lower-case letters, digits, “-” and “.”."
            value={form.indexName}
            error={errors.indexName}
            onChange={({ currentTarget }) => set({ indexName: currentTarget.value })}
          />
          <Select
            label="Dimensions"
            description="More find finer differences, and cost more. Cannot be changed later."
            data={['256', '512', '1024']}
            value={form.dimensions}
            error={errors.dimensions}
            onChange={(dimensions) => set({ dimensions: dimensions ?? BLANK.dimensions })}
          />
          <Select
            label="Distance"
            description="Cannot be changed later."
            data={['cosine', 'euclidean']}
            value={form.distanceMetric}
            error={errors.distanceMetric}
            onChange={(distanceMetric) => set({ distanceMetric: distanceMetric ?? BLANK.distanceMetric })}
          />
        </>
      )}
    </FormDialog>
  );
}
