/** WebSocket frames as a caller's side writes and reads them, without a library between the clock and the socket. */

const PAYLOAD_KEY = '"payload":"';

/** How long the audio of an outbound media message is. */
export function mediaMs(message: Buffer): number {
  const start = message.indexOf(PAYLOAD_KEY) + PAYLOAD_KEY.length;
  const end = message.indexOf(0x22, start);
  const padding = message[end - 2] === 0x3d ? 2 : message[end - 1] === 0x3d ? 1 : 0;
  return (((end - start) / 4) * 3 - padding) / 8;
}

/** A close with code 1000, masked with zeros. */
export const CLOSE_FRAME = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

/** A text message of a client; masked with zeros, which leaves the text as it is. */
export function maskedText(text: string): Buffer {
  const isShort = text.length < 126;
  const headBytes = isShort ? 6 : 8;
  const frame = Buffer.allocUnsafe(headBytes + text.length);
  frame[0] = 0x81;
  frame[1] = 0x80 | (isShort ? text.length : 126);
  if (!isShort) frame.writeUInt16BE(text.length, 2);
  frame.writeUInt32BE(0, headBytes - 4);
  frame.write(text, headBytes, 'latin1');
  return frame;
}

/** The first whole message of a server in `bytes`, and where its payload lies. */
export function cutFrame(bytes: Buffer): { opcode: number; from: number; to: number } | undefined {
  if (bytes.length < 2) return undefined;
  let payloadBytes = bytes[1]! & 0x7f;
  let from = 2;
  if (payloadBytes === 126) {
    if (bytes.length < 4) return undefined;
    payloadBytes = bytes.readUInt16BE(2);
    from = 4;
  } else if (payloadBytes === 127) {
    if (bytes.length < 10) return undefined;
    payloadBytes = Number(bytes.readBigUInt64BE(2));
    from = 10;
  }
  return bytes.length < from + payloadBytes ? undefined : { opcode: bytes[0]! & 0x0f, from, to: from + payloadBytes };
}
