import { Alert, Anchor, Button, Group, Select, Stack, Textarea, TextInput, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { request, requestAll } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { CreatorJob, CreatorReadiness } from '../../api/types.ts';
import { shownMoment } from '../../parts/format.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAgents } from '../../parts/use-agents.ts';
import { useLeaveGuard } from '../../parts/use-leave-guard.ts';
import { useRole } from '../../parts/use-role.ts';
import { PhoneField } from '../numbers/phone-field.tsx';
import { loadPhones } from '../numbers/phones.ts';
import { bodyOf, EMPTY, type JobForm, MAX_TEXT } from './job-form.ts';
import { dropKept, findKept, keepForm, newRequestKey } from './kept-form.ts';
import { Notice } from './notice.tsx';
import { SopField } from './sop-field.tsx';

interface Base {
  readonly id: string;
  readonly name: string;
}

/** What an agent is to be made of. What is typed is kept in the browser until it is sent or discarded. */
export function NewJob() {
  const [kept] = useState(findKept);
  const [form, setForm] = useState<JobForm>(kept?.form ?? EMPTY);
  const [requestKey, setRequestKey] = useState(() => kept?.requestKey ?? newRequestKey());
  const [isRestored, setRestored] = useState(kept !== undefined);
  const [isKept, setKept] = useState(true);
  const [error, setError] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const { data: agents = [] } = useAgents();
  const bases = useQuery({
    queryKey: ['knowledge-bases', 'all'],
    queryFn: ({ signal }) => requestAll<Base>('/knowledge-bases', signal),
    retry: false,
  });
  const { data: creator } = useQuery({
    queryKey: ['creator'],
    queryFn: ({ signal }) => request<CreatorReadiness>('/creator', { signal }),
    retry: false,
  });
  const whyNot = creator?.whyNot ?? undefined;
  const mayStart = useRole() === 'admin';
  useLeaveGuard(!isKept, askLeave);

  const set = (fields: Partial<JobForm>) => {
    const next = { ...form, ...fields };
    const nextKey = newRequestKey();
    setForm(next);
    setRequestKey(nextKey);
    const isEmpty = Object.values(next).every((text) => text === '');
    if (isEmpty) dropKept();
    setKept(isEmpty || keepForm(next, nextKey));
  };
  const discard = () => {
    dropKept();
    setForm(EMPTY);
    setRestored(false);
    setError(undefined);
    setKept(true);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setSending(true);
    setError(undefined);
    try {
      const body = bodyOf(form, (await loadPhones()).e164);
      const headers = { 'Idempotency-Key': requestKey };
      const job = await request<CreatorJob>('/creator/jobs', { method: 'POST', body, headers });
      dropKept();
      setKept(true);
      void queries.invalidateQueries({ queryKey: ['pages'] });
      navigate(`/creator/${job.id}`);
    } catch (reason) {
      setError(reason);
      setSending(false);
    }
  };
  const errors: Readonly<Record<string, string>> = error instanceof ApiProblem ? error.fields : {};
  const texts = (
    [
      [
        'voicePersonality',
        'How it speaks',
        'Tone, pace, what it says first. Left empty, it follows from the procedure.',
      ],
      ['humanHandoffDescription', 'When callers get a person', 'And on which number.'],
      ['knowledgeBaseDescription', 'What the knowledge base knows', 'So that the agent looks there for it.'],
    ] as const
  ).map(([name, label, hint]) => (
    <Textarea
      key={name}
      label={label}
      description={hint}
      value={form[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
      error={errors[name] ?? (form[name].length > MAX_TEXT && `has more than ${MAX_TEXT.toLocaleString()} characters`)}
      autosize
      minRows={2}
      maxRows={10}
    />
  ));
  return (
    <form noValidate onSubmit={submit} className="creator-form">
      <div>
        <Anchor component={Link} href="/creator" size="sm" className="creator-link">
          ← Creator
        </Anchor>
        <Title order={1}>New agent from a procedure</Title>
      </div>
      {!mayStart && <Alert variant="light">Only administrators have agents made.</Alert>}
      {whyNot !== undefined && (
        <Notice kind="warning" title="No agents can be made here yet">
          {whyNot}
        </Notice>
      )}
      {isRestored && kept && (
        <Alert variant="light" role="status" title={`What you typed ${shownMoment(kept.keptAt)} is back`}>
          It has not been sent yet.
          <Group mt="xs">
            <Button size="xs" variant="default" onClick={discard}>
              Discard it
            </Button>
          </Group>
        </Alert>
      )}
      {!isKept && (
        <Notice kind="warning" role="status">
          This browser has no room to keep what you type: it is lost when you leave the page.
        </Notice>
      )}
      <fieldset disabled={!mayStart} className="creator-fields">
        <SopField value={form.sop} error={errors.sop} change={(sop) => set({ sop })} />
        <Stack gap="md">
          {texts}
          {bases.data && bases.data.length > 0 ? (
            <Select
              label="Knowledge base"
              description="Where the agent may look things up."
              data={bases.data.map(({ id, name }) => ({ value: id, label: name }))}
              value={form.knowledgeBaseId === '' ? null : form.knowledgeBaseId}
              onChange={(id) => set({ knowledgeBaseId: id ?? '' })}
              error={errors.knowledgeBaseId}
              placeholder="none"
              allowDeselect
              clearable
              clearButtonProps={{ 'aria-label': 'No knowledge base' }}
            />
          ) : (
            <TextInput
              label="Knowledge base"
              description="The id of one in Bedrock, ten letters and digits. May be left empty."
              value={form.knowledgeBaseId}
              onChange={(event) => set({ knowledgeBaseId: event.currentTarget.value.trim() })}
              error={errors.knowledgeBaseId}
            />
          )}
          <Select
            label="Agent"
            description="A new one, or the next version of one that there is."
            data={agents.map(({ id, name, version }) => ({ value: id, label: `${name} v${version}` }))}
            value={form.agentId === '' ? null : form.agentId}
            onChange={(agentId) => set({ agentId: agentId ?? '', ...(agentId === null && { canaryPercent: '' }) })}
            error={errors.agentId}
            placeholder="a new agent"
            searchable
            allowDeselect
            clearable
            clearButtonProps={{ 'aria-label': 'A new agent' }}
          />
          <PhoneField
            label="Number that it answers once it is approved"
            value={form.number}
            error={errors.number}
            change={(number) => set({ number })}
          />
          {((form.agentId !== '' && form.number !== '') || form.canaryPercent !== '') && (
            <TextInput
              label="Canary: percent of its callers"
              description="Who gets the new version at first, 1 to 99; the others stay with the one that answers now. Left empty: everybody."
              inputMode="decimal"
              value={form.canaryPercent}
              onChange={(event) => set({ canaryPercent: event.currentTarget.value })}
              error={errors.canaryPercent}
              w={320}
              maw="100%"
            />
          )}
        </Stack>
      </fieldset>
      {error !== undefined && <ProblemAlert error={error} />}
      {mayStart && (
        <Group>
          <Button type="submit" loading={isSending} disabled={form.sop.trim() === '' || whyNot !== undefined}>
            Make the agent
          </Button>
          <span className="creator-dim">{hintOf(form.sop, whyNot)}</span>
        </Group>
      )}
    </form>
  );
}

function hintOf(sop: string, whyNot: string | undefined): string {
  if (whyNot !== undefined) return 'What is typed here is kept until agents can be made.';
  return sop.trim() === '' ? 'Paste the procedure first.' : 'Nothing is published before you have approved it.';
}

function askLeave(leave: () => void): void {
  modals.openConfirmModal({
    title: 'Leave what you have typed?',
    children: 'This browser has no room to keep it: it is gone when you leave.',
    labels: { confirm: 'Leave', cancel: 'Stay' },
    cancelProps: { 'data-autofocus': true },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: leave,
  });
}
