import { PACKAGES } from './allowed.js';
import type { Tell } from './findings.js';

const VERSION = String.raw`(?:==|>=|<=|~=|!=|<|>)\s*[0-9][0-9A-Za-z.]*(?:\.\*)?`;
const LINE = new RegExp(String.raw`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(${VERSION}(?:\s*,\s*${VERSION})*)$`);
const MAX_LINES = 50;

/** requirements.txt: names with versions out of a short list, no options, addresses or markers; and all that the program imports. */
export function checkRequirements(text: string, modules: readonly string[], tell: Tell): void {
  const listed = new Set<string>();
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_LINES) tell('requirement-form', null, `There are more than ${MAX_LINES} lines.`);
  lines.slice(0, MAX_LINES).forEach((whole, index) => {
    const line = whole.trim();
    if (line === '' || /^#[\x20-\x7e]*$/.test(line)) return;
    const name = LINE.exec(line)?.[1];
    if (name === undefined) {
      tell(
        'requirement-form',
        index + 1,
        `"${line.slice(0, 80)}": write name==version or name>=version, without options, addresses, extras or markers.`,
      );
      return;
    }
    const distribution = name.toLowerCase().replace(/[-_.]+/g, '-');
    if (!Object.hasOwn(PACKAGES, distribution)) {
      tell(
        'requirement-not-allowed',
        index + 1,
        `The package "${name.slice(0, 80)}" may not be installed. Allowed are ${Object.keys(PACKAGES).join(', ')}.`,
      );
    } else if (listed.has(distribution)) {
      tell('requirement-form', index + 1, `"${name}" is listed twice.`);
    }
    listed.add(distribution);
  });
  for (const [root, distributions] of Object.entries(DISTRIBUTIONS)) {
    const isImported = modules.some((module) => module.split('.')[0] === root);
    if (isImported && !distributions.some((distribution) => listed.has(distribution))) {
      tell('requirement-missing', null, `The program imports ${root}: list ${distributions[0]} with its version.`);
    }
  }
}

/** Which packages bring a module along. */
const DISTRIBUTIONS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  [...new Set(Object.values(PACKAGES).flat())].map((module) => [
    module,
    Object.keys(PACKAGES).filter((distribution) => PACKAGES[distribution]?.includes(module)),
  ]),
);
