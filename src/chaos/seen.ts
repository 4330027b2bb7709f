import type { ModelSession } from '../emulator/bedrock/model-session.js';
import type { PhoneCall } from '../emulator/phone/phone.js';
import type { ChaosCall } from './call.js';
import type { Microphone } from './microphone.js';

/** What is looked at of a call when it is over: all of it was seen from outside of the bridge. */
export type SeenCall = Pick<
  ChaosCall,
  | 'plan'
  | 'questions'
  | 'notes'
  | 'playing'
  | 'holds'
  | 'strikes'
  | 'complaints'
  | 'startedAtMs'
  | 'microphoneFromMs'
  | 'end'
> & {
  readonly microphone: Pick<Microphone, 'spoken'>;
  readonly streams: readonly Pick<ModelSession, 'violations'>[];
  readonly phone: Pick<PhoneCall, 'heardMulaw' | 'spoken' | 'streams' | 'requests' | 'warnings'> | undefined;
};
