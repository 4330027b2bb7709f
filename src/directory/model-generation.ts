/**
 * What the generations of Nova Sonic can do. Models not known by name count as the newest generation.
 * Source: Amazon Nova user guide "Available voices" (first generation) and Nova 2 user guide "Language support".
 */
export type ModelGeneration = 1 | 2;

const FIRST_GENERATION_VOICES = [
  'tiffany',
  'matthew',
  'amy',
  'ambre',
  'florian',
  'beatrice',
  'lorenzo',
  'greta',
  'lennart',
  'lupe',
  'carlos',
] as const;

const SECOND_GENERATION_VOICES = [
  'tiffany',
  'matthew',
  'amy',
  'olivia',
  'kiara',
  'arjun',
  'ambre',
  'florian',
  'beatrice',
  'lorenzo',
  'tina',
  'lennart',
  'lupe',
  'carlos',
  'carolina',
  'leo',
] as const;

export function generationOf(modelId: string): ModelGeneration {
  return /(^|[./])nova-sonic-v1/.test(modelId) ? 1 : 2;
}

export function voicesOf(generation: ModelGeneration): readonly string[] {
  return generation === 1 ? FIRST_GENERATION_VOICES : SECOND_GENERATION_VOICES;
}

/** Whether text can be given to the model during the call (greeting, keys, nudges). First generation streams take none. */
export function takesLiveText(modelId: string): boolean {
  return generationOf(modelId) >= 2;
}
