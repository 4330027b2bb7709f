/** What one generation of the voice model can do. */
export interface ModelKind {
  modelId: string;
  voiceIds: readonly string[];
  /** Whether `turnDetectionConfiguration` and interactive text are understood. */
  isSecondGeneration: boolean;
}

export const RATES_HZ: readonly number[] = [8000, 16_000, 24_000];

/** Pause after speech that ends the caller's turn, in ms. Source: Nova 2 user guide, turn-taking controllability. */
export const ENDPOINTING_MS = { HIGH: 1500, MEDIUM: 1750, LOW: 2000 } as const;
export type Sensitivity = keyof typeof ENDPOINTING_MS;

const SHARED = ['tiffany', 'matthew', 'amy', 'ambre', 'florian', 'beatrice', 'lorenzo', 'lennart', 'lupe', 'carlos'];
const SECOND = [...SHARED, 'olivia', 'kiara', 'arjun', 'tina', 'carolina', 'leo'];

/** Source: Nova user guide, available voices; Nova 2 user guide, language support. */
export const MODELS: readonly ModelKind[] = [
  { modelId: 'amazon.nova-sonic-v1:0', voiceIds: [...SHARED, 'greta'], isSecondGeneration: false },
  { modelId: 'amazon.nova-2-sonic-v1:0', voiceIds: SECOND, isSecondGeneration: true },
  { modelId: 'amazon.nova-2-5-sonic', voiceIds: SECOND, isSecondGeneration: true },
];
