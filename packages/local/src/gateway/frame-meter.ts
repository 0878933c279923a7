import type { GatewayLimits } from "./limits.ts";

/** The two fixed bytes and the longest extended length of a frame's head (RFC 6455, section 5.2). */
const maxHeadBytes = 10;
const maskBytes = 4;

/**
 * Reads only the lengths in a client's byte stream. `ws` limits the size of a message but not of a frame, and API
 * Gateway limits both. If limits change while a connection is open, they apply from the next frame on.
 */
export function createFrameMeter(
  limits: () => Pick<GatewayLimits, "frameBytes" | "messageBytes">,
  onOversize: (reason: string) => void,
): (chunk: Buffer) => void {
  const head = Buffer.alloc(maxHeadBytes);
  let headBytes = 0;
  let payloadLeft = 0;
  let messageBytes = 0;
  let oversize = false;

  return (chunk) => {
    let at = 0;
    while (at < chunk.length && !oversize) {
      if (payloadLeft > 0) {
        const skipped = Math.min(payloadLeft, chunk.length - at);
        payloadLeft -= skipped;
        at += skipped;
        continue;
      }
      head[headBytes++] = chunk[at++] ?? 0;
      const frame = decodeHead(head, headBytes);
      if (frame === undefined) continue;
      headBytes = 0;
      payloadLeft = frame.payloadBytes + (frame.masked ? maskBytes : 0);
      if (frame.control) continue;
      messageBytes = frame.payloadBytes + (frame.continuation ? messageBytes : 0);
      const reason = excess(frame.payloadBytes, messageBytes, limits());
      if (reason === undefined) continue;
      oversize = true;
      onOversize(reason);
    }
  };
}

interface FrameHead {
  payloadBytes: number;
  masked: boolean;
  control: boolean;
  continuation: boolean;
}

function decodeHead(head: Buffer, length: number): FrameHead | undefined {
  if (length < 2) return undefined;
  const opcode = head.readUInt8(0) & 0x0f;
  const second = head.readUInt8(1);
  const shortLength = second & 0x7f;
  const needed = shortLength === 127 ? maxHeadBytes : shortLength === 126 ? 4 : 2;
  if (length < needed) return undefined;
  const extended = needed === 4 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  return {
    payloadBytes: needed === 2 ? shortLength : extended,
    masked: (second & 0x80) !== 0,
    control: opcode >= 8,
    continuation: opcode === 0,
  };
}

function excess(
  frameBytes: number,
  messageBytes: number,
  limits: Pick<GatewayLimits, "frameBytes" | "messageBytes">,
): string | undefined {
  if (frameBytes > limits.frameBytes) return `frame over ${limits.frameBytes} bytes`;
  if (messageBytes > limits.messageBytes) return `message over ${limits.messageBytes} bytes`;
  return undefined;
}
