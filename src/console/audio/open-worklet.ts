import workletUrl from './softphone.worklet.ts?worker&url';
import type { FromWorklet, ToWorklet } from './worklet-messages.ts';

/** Sound that is open: the worklet, and the context that it runs in. */
export interface OpenWorklet {
  readonly context: AudioContext;
  readonly node: AudioWorkletNode;
  tell(message: ToWorklet): void;
  close(): void;
}

/**
 * Opens the loudspeaker, at the rate it has, with one of the worklets before it. To be called while a click is answered:
 * browsers let no page sound by itself. `paused` is told when the system takes the sound away, and when it is back.
 */
export async function openWorklet(
  name: 'softphone' | 'listener',
  heard: { message(message: FromWorklet): void; paused(isPaused: boolean): void },
): Promise<OpenWorklet> {
  const context = new AudioContext({ latencyHint: 'interactive' });
  try {
    // Not waited for: where there is no loudspeaker it would never come.
    void context.resume();
    await context.audioWorklet.addModule(workletUrl);
    const node = new AudioWorkletNode(context, name, {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      channelCount: 1,
      channelCountMode: 'explicit',
      outputChannelCount: [name === 'listener' ? 2 : 1],
    });
    node.port.onmessage = ({ data }: MessageEvent<FromWorklet>) => heard.message(data);
    node.connect(context.destination);
    context.onstatechange = () => {
      if (context.state !== 'closed') heard.paused(context.state !== 'running');
    };
    const tell = (message: ToWorklet) => node.port.postMessage(message);
    return {
      context,
      node,
      tell,
      close() {
        tell({ kind: 'stop' });
        node.disconnect();
        node.port.onmessage = null;
        void context.close();
      },
    };
  } catch (error) {
    void context.close();
    throw error;
  }
}
