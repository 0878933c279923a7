import { createHash, type Hash } from "node:crypto";
import type { Frame } from "../../core/ports.ts";
import { type SignedBody, signedBody } from "../transport/request-signer.ts";

/** A frame goes to many connections, and its hash is computed once. */
const signedBodies = new WeakMap<Frame, SignedBody>();

/**
 * The hash of a frame that is posted with tails, up to the tail. So a post hashes only its own tail, which costs 1 to 2 µs,
 * however long the frame is. docs/decisions/0023 has the measurements.
 */
const openHashes = new WeakMap<Frame, Hash>();

/** Returns the frame's body with its hash, followed by the text that this post alone has, if there is one. */
export function signedBodyOf(frame: Frame, tail?: string): SignedBody {
  if (tail !== undefined) return signedWith(frame, Buffer.from(tail, "latin1"));
  const known = signedBodies.get(frame);
  if (known) return known;
  const body = signedBody(frame.body);
  signedBodies.set(frame, body);
  return body;
}

function signedWith(frame: Frame, tail: Uint8Array): SignedBody {
  const { body: bytes } = frame;
  const open = openHashes.get(frame) ?? createHash("sha256").update(bytes);
  openHashes.set(frame, open);
  return { bytes, tail, sha256: open.copy().update(tail).digest("hex") };
}

/** The bytes of a post, in one piece. */
export const wholeBodyOf = ({ body }: Frame, tail?: string): Uint8Array =>
  tail === undefined ? body : Buffer.concat([body, Buffer.from(tail, "latin1")]);
