/**
 * The voices of each generation of Nova Sonic; models that are not known by name count as the newest.
 * Source: Amazon Nova user guide "Available voices" and Nova 2 user guide "Language support".
 */
const FIRST_GENERATION = 'tiffany matthew amy ambre florian beatrice lorenzo greta lennart lupe carlos'.split(' ');
const SECOND_GENERATION =
  'tiffany matthew amy olivia kiara arjun ambre florian beatrice lorenzo tina lennart lupe carlos carolina leo'.split(
    ' ',
  );

export function isFirstGeneration(modelId: string): boolean {
  return /(^|[./])nova-sonic-v1/.test(modelId);
}

/** The voices of the model; of the newest generation while no model is named. */
export function voicesOf(modelId: string | undefined): readonly string[] {
  return modelId !== undefined && isFirstGeneration(modelId) ? FIRST_GENERATION : SECOND_GENERATION;
}
