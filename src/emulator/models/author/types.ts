/** What the author reads and writes, as it goes over the wire. Shapes are those of AgentCreator's tools. */

export type ClauseKind = 'step' | 'rule' | 'prohibition' | 'escalation' | 'information';

export interface Clause {
  readonly id: string;
  readonly quote: string;
  readonly kind: ClauseKind;
  readonly summary: string;
}

export interface Requirements {
  readonly title: string;
  readonly purpose: string;
  readonly language: string;
  readonly clauses: readonly Clause[];
  readonly suspicious: readonly string[];
}

export interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'number' | 'integer' | 'boolean';
  readonly description: string;
  readonly required: boolean;
}

export interface PlannedTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly clauseIds: readonly string[];
}

export interface Plan {
  readonly agentName: string;
  readonly description: string;
  readonly tools: readonly PlannedTool[];
  readonly handling: readonly { readonly clauseId: string; readonly approach: string }[];
  readonly escalations: readonly { readonly clauseId: string; readonly trigger: string; readonly action: string }[];
  readonly awsServices: readonly string[];
  readonly environment: readonly string[];
}

export interface Voice {
  readonly voiceId: string;
  readonly tone: string;
  readonly pace: string;
  readonly greeting: string;
  readonly style: readonly string[];
}
