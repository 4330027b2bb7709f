/**
 * Stand-ins for a telephone at Twilio and for Amazon Nova Sonic, and recorded calls, for tests of any project that bridges
 * them. TypeScript sources: run them with Vitest or tsx. Everything that is started here has a `close()`, or ends with its
 * call.
 *
 * - `createPhone` places calls at a voice webhook, follows its TwiML and speaks Media Streams.
 * - `startBedrock` is a voice model at the end of `InvokeModelWithBidirectionalStream`; `modelEnvironment` leads a client to it.
 * - `loadFixture` reads a recorded call, `replay` carries it and checks what it expects: at any voice webhook
 *   (`webhookTarget`), at a running bridge of this project (`runningBridge`), on the local stack or in memory.
 */

export type { Answer, ModelSession, SessionEvent, Utterance } from './emulator/bedrock/model-session.js';
export { type ModelScript, parseModelScript, type ScriptTurn } from './emulator/bedrock/script.js';
export { type BedrockEmulator, type BedrockOptions, startBedrock } from './emulator/bedrock/server.js';
export {
  type CallEnd,
  type CallOptions,
  createPhone,
  type Impairments,
  type Phone,
  type PhoneCall,
  type PhoneEvent,
  type PhoneOptions,
  TwilioFault,
} from './emulator/phone/phone.js';
export { type Fixture, loadFixture } from './replay/fixture/fixture.js';
export type { Failure, ReplayedCall, ReplayResult } from './replay/replayed-call.js';
export { type ReplayTarget, replay } from './replay/runner.js';
export { type RunningBridge, runningBridge } from './replay/running-bridge.js';
export { type LocalStack, type LocalStackOptions, startLocalStack } from './replay/stack/local-stack.js';
export { modelEnvironment } from './replay/stand-ins/model-run.js';
export type { WebhookSite } from './replay/stand-ins/webhook.js';
export { webhookTarget } from './replay/stand-ins/webhook-target.js';
export { startVirtual, type VirtualOptions } from './replay/virtual/target.js';
