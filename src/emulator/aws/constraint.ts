import { invalid } from './problem.js';

/** What a member must be like, in the terms of the services' models. */
export interface Constraint {
  least?: number;
  most?: number;
  /** Of the whole value. */
  pattern?: RegExp;
}

/** The value as a string that meets the constraint. Throws 400 ValidationException, worded as the services do. */
export function text(member: string, value: unknown, { least = 1, most, pattern }: Constraint = {}): string {
  if (value === undefined || value === null) throw violated(member, 'Member must not be null');
  if (typeof value !== 'string') throw violated(member, 'Member must be a string');
  if (value.length < least) throw violated(member, `Member must have length greater than or equal to ${least}`);
  if (most !== undefined && value.length > most) {
    throw violated(member, `Member must have length less than or equal to ${most}`);
  }
  if (pattern && !new RegExp(`^(?:${pattern.source})$`).test(value)) {
    throw violated(member, `Member must satisfy regular expression pattern: ${pattern.source}`);
  }
  return value;
}

/** A refusal of one member. */
export function violated(member: string, constraint: string) {
  return invalid(`1 validation error detected: Value at '${member}' failed to satisfy constraint: ${constraint}`);
}
