import { PasswordInput, Select, Stack } from '@mantine/core';
import { HIDDEN_SECRET, isObject } from './draft.ts';
import { TextField } from './fields.tsx';
import { useField } from './form.ts';
import { ListField } from './typed-fields.tsx';

const KINDS = [
  { value: 'none', label: 'not at all' },
  { value: 'sigv4', label: 'AWS signature (SigV4)' },
  { value: 'oauth', label: 'OAuth client credentials' },
  { value: 'agentcore-identity', label: 'AgentCore Identity' },
];
const BLANKS: Readonly<Record<string, unknown>> = {
  none: { kind: 'none' },
  sigv4: { kind: 'sigv4' },
  oauth: { kind: 'oauth', tokenUrl: '', clientId: '', clientSecret: '', scopes: [] },
  'agentcore-identity': { kind: 'agentcore-identity', provider: '', scopes: [] },
};

/** How the bridge says who it is. */
export function AuthFields({ path }: { path: string }) {
  const { value, readOnly, set } = useField(path);
  const kind = isObject(value) ? String(value.kind) : 'none';
  return (
    <Stack gap="sm">
      <Select
        label="How the bridge says who it is"
        data={KINDS}
        value={kind}
        readOnly={readOnly}
        onChange={(next) => next !== null && next !== kind && set(BLANKS[next])}
      />
      {kind === 'oauth' && (
        <div className="agent-indented">
          <TextField path={`${path}.tokenUrl`} label="Token address" />
          <TextField path={`${path}.clientId`} label="Client id" />
          <SecretField path={`${path}.clientSecret`} />
          <ListField path={`${path}.scopes`} label="Scopes" hint="One a line." />
        </div>
      )}
      {kind === 'agentcore-identity' && (
        <div className="agent-indented">
          <TextField path={`${path}.provider`} label="Credential provider" />
          <ListField path={`${path}.scopes`} label="Scopes" hint="One a line." />
        </div>
      )}
    </Stack>
  );
}

/** Goes in and never out: what is there is kept until another is typed. */
function SecretField({ path }: { path: string }) {
  const { value, error, readOnly, set } = useField(path);
  const isThere = value === HIDDEN_SECRET;
  return (
    <PasswordInput
      label="Client secret"
      description={
        isThere
          ? 'There is one, which is not shown again. Type to replace it.'
          : 'The secret itself, or the ARN of a secret of AWS Secrets Manager.'
      }
      placeholder={isThere ? 'kept as it is' : undefined}
      value={isThere ? '' : String(value ?? '')}
      error={error}
      readOnly={readOnly}
      autoComplete="off"
      visibilityToggleButtonProps={{ 'aria-label': 'Show what you typed' }}
      onChange={({ currentTarget }) => set(currentTarget.value)}
    />
  );
}
