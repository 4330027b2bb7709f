import type { AgentPlan } from '../artefacts.js';
import type { Tell } from './findings.js';
import { isStrandsTool } from './forms.js';
import { isText, type Program } from './program.js';
import type { Dict, Expression, Node } from './python/tree.js';

/** A tool that the program offers to its model; null when its name cannot be read. */
interface Offered {
  readonly name: string | null;
  readonly line: number;
}

/** The tools of the plan are the tools of the program, no fewer and no more. */
export function checkPlan(program: Program, plan: AgentPlan, tell: Tell): void {
  const offered = program.nodes.flatMap((node) => offeredBy(node, program));
  const planned = new Set(plan.tools.map(({ name }) => name));
  for (const name of planned) {
    if (!program.functions.has(name)) {
      tell('tool-missing', null, `The plan has the tool "${name}": write a function of that name at the module level.`);
    }
    if (!offered.some((tool) => tool.name === name)) {
      tell(
        'tool-not-offered',
        null,
        `The model is not told of the tool "${name}": give it a toolSpec with that literal name.`,
      );
    }
  }
  for (const { name, line } of offered) {
    if (name === null)
      tell('tool-name-not-literal', line, 'The name of a tool has to be a literal: {"toolSpec": {"name": "…", …}}.');
    else if (!planned.has(name)) tell('tool-not-in-plan', line, `The tool "${name}" is not in the plan.`);
  }
}

function offeredBy(node: Node, program: Program): Offered[] {
  if (node.type === 'DictEntry' && isText(node.key) && node.key.text === 'toolSpec')
    return [inSpec(node.value, node.line)];
  if (node.type === 'Argument' && node.name === 'toolSpec') return [{ name: null, line: node.line }];
  if (node.type === 'Assign' && node.targets.some(isToolSpec)) return [{ name: null, line: node.line }];
  if (node.type === 'FunctionDef' && isStrandsTool(node, program)) {
    const decorator = node.decorators.find((each) => each.type === 'Call');
    const given = decorator?.type === 'Call' ? decorator.arguments.find(({ name }) => name === 'name') : undefined;
    return [{ name: given ? textOf(given.value) : node.name, line: node.line }];
  }
  return [];
}
const textOf = (value: Expression): string | null => (isText(value) ? value.text : null);
const isToolSpec = (target: Expression): boolean =>
  target.type === 'Subscript' && target.index.some((index) => isText(index) && index.text === 'toolSpec');

function inSpec(spec: Expression, line: number): Offered {
  const entry = spec.type === 'Dict' ? nameEntry(spec) : undefined;
  return { name: entry ? textOf(entry.value) : null, line };
}
const nameEntry = (spec: Dict) => spec.entries.find(({ key }) => isText(key) && key.text === 'name');
