import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFrameMeter } from "../../packages/local/src/gateway/frame-meter.ts";

interface Frame {
  opcode: number;
  size: number;
}

const limits = { frameBytes: 70_000, messageBytes: 100_000 };

describe("the frame meter", () => {
  test("finds the first frame or message over its limit, however the bytes are cut", () => {
    const size = fc.oneof(
      fc.nat(200),
      fc.constantFrom(125, 126, 65_535, 65_536, 70_000, 70_001),
      fc.nat(80_000),
    );
    const frame = fc.oneof(
      fc.record({ opcode: fc.constantFrom(0, 1, 2), size }),
      fc.record({ opcode: fc.constantFrom(8, 9, 10), size: fc.nat(125) }),
    );
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40_000 })),
        (frames, cuts) => {
          const reasons: string[] = [];
          const meter = createFrameMeter(
            () => limits,
            (reason) => reasons.push(reason),
          );
          for (const chunk of cut(Buffer.concat(frames.map(encode)), cuts)) meter(chunk);
          expect(reasons).toEqual(expectedReasons(frames));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("reads bytes that arrive one at a time", () => {
    const reasons: string[] = [];
    const meter = createFrameMeter(
      () => ({ frameBytes: 200, messageBytes: 200 }),
      (reason) => reasons.push(reason),
    );
    const bytes = Buffer.concat([encode({ opcode: 1, size: 130 }), encode({ opcode: 0, size: 71 })]);
    for (const byte of bytes) meter(Buffer.from([byte]));
    expect(reasons).toEqual(["message over 200 bytes"]);
  });
});

/** Finds the same by the frames instead of the bytes. It ignores everything after the first excess. */
function expectedReasons(frames: Frame[]): string[] {
  let messageBytes = 0;
  for (const { opcode, size } of frames) {
    if (opcode >= 8) continue;
    messageBytes = opcode === 0 ? messageBytes + size : size;
    if (size > limits.frameBytes) return [`frame over ${limits.frameBytes} bytes`];
    if (messageBytes > limits.messageBytes) return [`message over ${limits.messageBytes} bytes`];
  }
  return [];
}

function encode({ opcode, size }: Frame): Buffer {
  const extended = size < 126 ? Buffer.alloc(0) : Buffer.alloc(size < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(size);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(size));
  const shortLength = size < 126 ? size : size < 65_536 ? 126 : 127;
  const mask = Buffer.from([1, 2, 3, 4]);
  // If the meter took these payload bytes for a head, they would announce a huge frame
  return Buffer.concat([
    Buffer.from([0x80 | opcode, 0x80 | shortLength]),
    extended,
    mask,
    Buffer.alloc(size, 0xff),
  ]);
}

function* cut(bytes: Buffer, sizes: number[]): Generator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}
