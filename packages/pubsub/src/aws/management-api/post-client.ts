import { errorMessage } from "../../core/error-message.ts";
import type { Frame, PostOptions, PostResult } from "../../core/ports.ts";
import type { Exchanged } from "../transport/exchange.ts";
import { createHttpPool } from "../transport/http-pool.ts";
import { createSigners } from "../transport/signers.ts";
import type { CallerIdentity } from "../transport/signing.ts";
import { type PostSigner, type SignedBody, signedBody } from "../transport/sigv4.ts";
import { parseManagementEndpoint } from "./endpoint.ts";
import { outcomeOf, outcomeOfFailure, refusesCredentials } from "./post-outcome.ts";

/** Posts to the connections of one management endpoint. Neither throws nor rejects. */
export type PostClient = (connectionId: string, frame: Frame, options?: PostOptions) => Promise<PostResult>;

/** Frames go to many connections: what is signed of one is worked out once. */
const signedBodies = new WeakMap<Frame, SignedBody>();

/** Never an id of API Gateway's, and in a path not itself. */
const NO_SEGMENT = /^\.{0,2}$/;

/** Throws a TypeError for an endpoint that is none. */
export function createPostClient(endpoint: string, identity: CallerIdentity): PostClient {
  const target = parseManagementEndpoint(endpoint);
  const pool = createHttpPool(target);
  const signers = createSigners(target, identity);

  function resultOf(exchanged: Exchanged): PostResult {
    if ("problem" in exchanged) return outcomeOfFailure(exchanged);
    if (refusesCredentials(exchanged)) signers.distrust();
    return outcomeOf(exchanged);
  }

  function send(
    signer: PostSigner,
    connectionId: string,
    frame: Frame,
    { sendUntilMs = Number.POSITIVE_INFINITY, giveUpAtMs = Number.POSITIVE_INFINITY }: PostOptions = {},
  ): Promise<PostResult> {
    const body = signedBodyOf(frame);
    const head = signer.headOf(connectionId, body);
    const nowMs = Date.now();
    const patience = { sendWithinMs: sendUntilMs - nowMs, giveUpAfterMs: giveUpAtMs - nowMs };
    return new Promise((resolve) => {
      pool.exchange(head, body.bytes, (exchanged) => resolve(resultOf(exchanged)), patience);
    });
  }

  return (connectionId, frame, options) => {
    if (NO_SEGMENT.test(connectionId)) return Promise.resolve({ outcome: "gone" });
    const signer = signers.current();
    if (signer) return send(signer, connectionId, frame, options);
    return signers.renew().then((renewed) => send(renewed, connectionId, frame, options), withoutCredentials);
  };
}

const withoutCredentials = (error: unknown): PostResult => ({
  outcome: "failed",
  kind: "no-credentials",
  retryable: true,
  reason: `no credentials: ${errorMessage(error)}`,
});

function signedBodyOf(frame: Frame): SignedBody {
  const known = signedBodies.get(frame);
  if (known) return known;
  const body = signedBody(frame.body);
  signedBodies.set(frame, body);
  return body;
}
