import type { z } from 'zod';
import type { givenToolsSchema, trialSchema } from '../../admin/agent-tool-schemas.ts';
import type { callSchema, callSummarySchema, testCallSchema } from '../../admin/call-schemas.ts';
import type { creatorSchema, jobBody, jobSchema, jobSummarySchema } from '../../admin/creator-schemas.ts';
import type { agentSchema, numberSchema, syncSchema } from '../../admin/directory-schemas.ts';
import type { listedNumberSchema, numberCheckSchema } from '../../admin/number-check-schemas.ts';
import type { overviewSchema } from '../../admin/overview-schemas.ts';
import type { auditSchema, newTokenSchema, sessionSchema, tokenSchema } from '../../admin/people-schemas.ts';
import type { problemSchema } from '../../admin/problem.ts';

/** What the API answers, by the schemas it is described with: types only, nothing of the server comes into the page. */
export type Agent = z.output<typeof agentSchema>;
export type PhoneNumber = z.output<typeof numberSchema>;
export type ListedNumber = z.output<typeof listedNumberSchema>;
export type NumberCheck = z.output<typeof numberCheckSchema>;
export type NumberSync = z.output<typeof syncSchema>;
export type Call = z.output<typeof callSchema>;
export type CallSummary = z.output<typeof callSummarySchema>;
export type Turn = Call['turns'][number];
export type AgentTurn = Extract<Turn, { role: 'agent' }>;
export type ToolCall = Call['toolCalls'][number];
export type ModelStream = Call['streams'][number];
export type TestCall = z.output<typeof testCallSchema>;
export type GivenTools = z.output<typeof givenToolsSchema>;
export type GivenTool = GivenTools['items'][number];
export type ToolTrial = z.output<typeof trialSchema>;
export type Session = z.output<typeof sessionSchema>;
export type Token = z.output<typeof tokenSchema>;
export type NewToken = z.output<typeof newTokenSchema>;
export type AuditEntry = z.output<typeof auditSchema>;
export type CreatorReadiness = z.output<typeof creatorSchema>;
export type CreatorJob = z.output<typeof jobSchema>;
export type CreatorJobSummary = z.output<typeof jobSummarySchema>;
export type CreatorInput = z.output<typeof jobBody>;
export type CreatorStage = CreatorJob['stages'][number];
export type Overview = z.output<typeof overviewSchema>;
export type Problem = z.output<typeof problemSchema>;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}
