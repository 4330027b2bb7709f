/** What someone may do: everything; calls only; reading only; test calls and what they need to be judged. */
export const ROLES = ['admin', 'operator', 'viewer', 'tester'] as const;
export type Role = (typeof ROLES)[number];

/** Who is behind a request: a token, by its id and the name it was given. */
export interface Actor {
  id: string;
  name: string;
  role: Role;
}

/** What the bridge does by itself (retention, sweeping) is entered in the audit trail under this name. */
export const BRIDGE_ACTOR: Actor = { id: 'bridge', name: 'the bridge itself', role: 'admin' };
