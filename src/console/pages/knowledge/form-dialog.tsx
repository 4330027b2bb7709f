import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type FormEvent, type ReactNode, useState } from 'react';
import { request } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { AwsProblem } from './aws-problem.tsx';
import { useKeptForm } from './use-kept-form.ts';

interface FormDialogProps<Form extends object, Made> {
  readonly title: string;
  /** What the form is kept under in the browser. */
  readonly keptAs: string;
  readonly blank: Form;
  readonly path: string;
  readonly bodyOf: (form: Form) => object;
  readonly close: () => void;
  readonly created: (made: Made) => void;
  readonly children: (form: Form, set: (fields: Partial<Form>) => void, errors: Record<string, string>) => ReactNode;
}

/** Makes something of a form. What was typed stays, also when the dialog is closed, until it is made or cleared. */
export function FormDialog<Form extends object, Made>(props: FormDialogProps<Form, Made>) {
  const { title, keptAs, blank, path, bodyOf, close, created, children } = props;
  const { form, isRestored, set, drop } = useKeptForm(keptAs, blank);
  const [error, setError] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const isSmall = useMediaQuery('(max-width: 48em)');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError(undefined);
    try {
      const made = await request<Made>(path, { method: 'POST', body: bodyOf(form) });
      drop();
      created(made);
    } catch (reason) {
      setError(reason);
      setSending(false);
    }
  };
  const errors: Record<string, string> = error instanceof ApiProblem ? error.fields : {};
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size="lg"
      fullScreen={isSmall === true}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack gap="sm">
          {isRestored && (
            <Text size="sm" c="dimmed">
              What you typed before is back.
            </Text>
          )}
          {children(form, set, errors)}
          {error !== undefined && <AwsProblem what={title} error={error} />}
          <Group justify="flex-end">
            <Button variant="subtle" mr="auto" onClick={drop} disabled={isSending}>
              Clear
            </Button>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={isSending}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
