import { createHash, type Hash } from "node:crypto";
import type { Frame } from "../../core/ports.ts";
import { type SignedBody, signedBody } from "../transport/request-signer.ts";

/** A frame goes to many connections, and its hash is computed once. */
const signedBodies = new WeakMap<Frame, SignedBody>();

/**
 * The hash of a long frame that is posted with tails, up to the tail. So a post hashes only its own tail, however long the
 * frame is. docs/decisions/0023 has the measurements.
 */
const openHashes = new WeakMap<Frame, Hash>();

/** Up to this length, a hash of the whole costs less than a copy of the state of a hash. */
const HASHED_WHOLE_BYTES_MAX = 2_048;

/** Returns the frame's body with its hash, followed by the text that this post alone has, if there is one. */
export function signedBodyOf(frame: Frame, tail?: string): SignedBody {
  if (tail === undefined) return sharedBodyOf(frame);
  if (frame.body.byteLength <= HASHED_WHOLE_BYTES_MAX) return signedBody(wholeBodyOf(frame, tail));
  const { body: bytes } = frame;
  const open = openHashes.get(frame) ?? createHash("sha256").update(bytes);
  openHashes.set(frame, open);
  return {
    bytes,
    tail: Buffer.from(tail, "latin1"),
    sha256: open.copy().update(tail, "latin1").digest("hex"),
  };
}

function sharedBodyOf(frame: Frame): SignedBody {
  const known = signedBodies.get(frame);
  if (known) return known;
  const body = signedBody(frame.body);
  signedBodies.set(frame, body);
  return body;
}

/** The bytes of a post, in one piece. */
export function wholeBodyOf({ body }: Frame, tail?: string): Uint8Array {
  if (tail === undefined) return body;
  const whole = Buffer.allocUnsafe(body.byteLength + tail.length);
  whole.set(body);
  whole.write(tail, body.byteLength, "latin1");
  return whole;
}
