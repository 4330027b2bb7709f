import { type Issue, plainWords } from './field-words.js';

/** A bad field by its path (`tools.0.name`) and what is wrong with it. */
export interface FieldProblem {
  field: string;
  message: string;
}

interface ZodValidation {
  keyword: string;
  instancePath: string;
  message?: string | undefined;
  params?: Omit<Issue, 'code' | 'path' | 'message'>;
}

/** The bad fields of one fault that validation found; `part` names what is no object at all: body, querystring. */
export function fieldsOf(validation: unknown, part: string): FieldProblem[] {
  const { keyword, instancePath, message = 'not valid', params = {} } = validation as ZodValidation;
  const path = instancePath.split('/').filter(Boolean);
  return faultsOf([{ code: keyword, path, message, ...params }], part);
}

/** The bad fields of faults as zod has them; `part` names what is no object at all. */
export function faultsOf(issues: readonly Issue[], part: string): FieldProblem[] {
  const nameOf = (field: string) => (part === 'headers' ? headerName(field) : field);
  return issues
    .flatMap(problemsOf)
    .map(({ field, message }) => ({ field: field === '' ? part : nameOf(field), message }));
}

/** Faults of form, and beside them the rules that are broken by fields of which nothing is told yet. */
export function withRules(form: readonly FieldProblem[], rules: readonly FieldProblem[]): FieldProblem[] {
  const isNamed = (field: string) => form.some((each) => each.field === field || each.field.startsWith(`${field}.`));
  return [...form, ...rules.filter(({ field }) => !isNamed(field))];
}

/** Unknown fields come as one fault with several keys: each is named. Of alternatives the nearest one is told. */
function problemsOf(issue: Issue): FieldProblem[] {
  const { path, keys, errors } = issue;
  if (issue.code === 'unrecognized_keys') {
    return (keys ?? []).map((key) => ({ field: [...path, key].join('.'), message: 'unknown field' }));
  }
  if (issue.code === 'invalid_union' && errors && errors.length > 0) {
    const [nearest = []] = [...errors].sort((a, b) => a.length - b.length);
    return nearest.flatMap((inner) => problemsOf({ ...inner, path: [...path, ...inner.path] }));
  }
  return [{ field: path.join('.'), message: plainWords(issue) }];
}

/** As it is written: `Idempotency-Key`. */
function headerName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}
