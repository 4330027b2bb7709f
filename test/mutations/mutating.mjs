/**
 * Loads files of the product a second time for each mutant: those above the changed file, under a name of their own. All
 * else they share with the product as it is.
 * @type {Map<string, { name: string, url: string, source: string, above: Set<string> }>}
 */
const mutants = new Map();

/** `above` are the addresses of all files that lead to the changed one, itself among them. */
export function initialize(given) {
  for (const { name, url, source, above } of given) mutants.set(name, { name, url, source, above: new Set(above) });
}

/** What a file of a mutant imports is of the mutant as well, when it leads to the change. */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const mutant = mutantOf(context.parentURL);
  return mutant?.above.has(resolved.url) ? { ...resolved, url: named(resolved.url, mutant) } : resolved;
}

export async function load(url, context, next) {
  const mutant = mutantOf(url);
  if (!mutant || url !== named(mutant.url, mutant)) return next(url, context);
  return { format: 'module', source: mutant.source, shortCircuit: true };
}

function mutantOf(url) {
  return url?.startsWith('file:') ? mutants.get(new URL(url).searchParams.get('mutant')) : undefined;
}

function named(url, { name }) {
  return `${url}?mutant=${name}`;
}
