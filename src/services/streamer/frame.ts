/**
 * WebSocket text frames as bytes (RFC 6455, section 5.2). Frames of a server are not masked, so one frame serves every
 * socket: what many clients get is framed once.
 */
const TEXT_FINAL = 0x81;

export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = TEXT_FINAL;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(text, header);
  return frame;
}

/** Several texts as consecutive frames in one buffer. */
export function textFrames(texts: readonly string[]): Buffer {
  return texts.length === 1 ? textFrame(texts[0]!) : Buffer.concat(texts.map(textFrame));
}
