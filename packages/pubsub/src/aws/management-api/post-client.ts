import { errorMessage } from "../../core/error-message.ts";
import type { Frame, PostOptions, PostResult } from "../../core/ports.ts";
import type { Transport } from "../sdk/transport-switch.ts";
import { credentialsCacheOf } from "../transport/credentials-cache.ts";
import { createDirectPath, type OnDirectPathDisabled } from "../transport/direct-path.ts";
import { parseEndpoint } from "../transport/endpoints.ts";
import type { Exchanged } from "../transport/exchange.ts";
import { createHttpPool, type Patience } from "../transport/http-pool.ts";
import type { CallerIdentity } from "../transport/identity.ts";
import { uriEncoded } from "../transport/request-signer.ts";
import { createSecondSigners, type SecondSigner } from "../transport/second-signers.ts";
import { isUnderstood, outcomeOf, outcomeOfFailure, reasonOf, refusesCredentials } from "./post-outcome.ts";
import { createSdkPost } from "./sdk-posts.ts";
import { signedBodyOf, wholeBodyOf } from "./signed-frames.ts";

/** Posts to the connections of one management endpoint. It neither throws nor rejects. */
export type PostClient = (connectionId: string, frame: Frame, options?: PostOptions) => Promise<PostResult>;

export interface PostClientOptions {
  transport: Transport;
  onDisabled: OnDirectPathDisabled;
}

/** API Gateway gives no connection such an id, and in a path it would mean another resource. */
const NO_SEGMENT = /^\.{0,2}$/;

/** Whether no API can have a connection with this id. */
export const hasNoConnection = (connectionId: string): boolean => NO_SEGMENT.test(connectionId);

const SERVICE = "execute-api";
const CONTENT_TYPE = "application/octet-stream";

/** Throws a TypeError for an invalid endpoint. */
export function createPostClient(
  endpoint: string,
  identity: CallerIdentity,
  { transport, onDisabled }: PostClientOptions,
): PostClient {
  const target = parseEndpoint(endpoint);
  const { host, path, region } = target;
  const pathStart = `${path}/@connections/`;
  const pool = createHttpPool(target);
  const credentials = credentialsCacheOf(identity);
  const signing = { service: SERVICE, host, pathStart, contentType: CONTENT_TYPE, region };
  const signers = createSecondSigners(signing, credentials);
  const directPath = createDirectPath({ awsService: SERVICE, endpoint: `${host}${path}` }, onDisabled);
  const postBySdk = createSdkPost(target, credentials);

  const bySdk = (connectionId: string, frame: Frame, options?: PostOptions): Promise<PostResult> =>
    postBySdk(connectionId, wholeBodyOf(frame, options?.tail), options);

  async function sign(): Promise<SecondSigner> {
    return signers.current() ?? (await signers.renew());
  }

  function send(
    signer: SecondSigner,
    connectionId: string,
    frame: Frame,
    options?: PostOptions,
    isSecondTry = false,
  ): Promise<PostResult> {
    const body = signedBodyOf(frame, options?.tail);
    const { bytes, tail } = body;
    const head = signer.toHead(uriEncoded(connectionId), body);
    return new Promise((resolve) => {
      function done(exchanged: Exchanged): void {
        if (!isSecondTry && isOfWrongClock(exchanged, signer)) {
          const sendAgain = (again: SecondSigner) => send(again, connectionId, frame, options, true);
          resolve(sign().then(sendAgain, withoutCredentials));
          return;
        }
        if (needsSdk(exchanged, signer)) {
          resolve(postAgain(exchanged, connectionId, frame, options));
          return;
        }
        resolve(outcomeOfExchange(exchanged));
      }
      pool.exchange(head, tail ? [bytes, tail] : bytes, done, toPatience(options));
    });
  }

  /** Whether the request was refused because of its time, which is corrected now. */
  function isOfWrongClock(exchanged: Exchanged, signer: SecondSigner): boolean {
    return "status" in exchanged && refusesCredentials(exchanged) && signers.correct(exchanged, signer);
  }

  /** Whether the direct path does not know what the response means, or how to recover from it. */
  function needsSdk(exchanged: Exchanged, { identity: refused }: SecondSigner): boolean {
    if ("problem" in exchanged) return exchanged.kind === "bad-answer";
    if (refusesCredentials(exchanged)) return credentials.distrust(refused);
    if (!isUnderstood(exchanged)) return true;
    directPath.worked();
    return false;
  }

  /** The response may have been lost after the delivery: docs/decisions/0012 says what a second post means then. */
  async function postAgain(
    exchanged: Exchanged,
    connectionId: string,
    frame: Frame,
    options?: PostOptions,
  ): Promise<PostResult> {
    const result = await bySdk(connectionId, frame, options);
    if (result.outcome !== "delivered") return result;
    // A refusal is certain; a malformed response may have been damaged on its way
    if ("problem" in exchanged) directPath.wasWrong(exchanged.problem);
    else directPath.disable(reasonOf(exchanged));
    return result;
  }

  return (connectionId, frame, options) => {
    if (hasNoConnection(connectionId)) return Promise.resolve({ outcome: "gone" });
    if (transport === "sdk" || !directPath.isEnabled()) {
      return bySdk(connectionId, frame, options);
    }
    const signer = signers.current();
    if (signer) return send(signer, connectionId, frame, options);
    return sign().then((renewed) => send(renewed, connectionId, frame, options), withoutCredentials);
  };
}

const outcomeOfExchange = (exchanged: Exchanged): PostResult =>
  "problem" in exchanged ? outcomeOfFailure(exchanged) : outcomeOf(exchanged);

/** Converts times of the caller's clock. The pool counts from its call, by a clock that cannot be set. */
function toPatience({
  sendUntilMs = Number.POSITIVE_INFINITY,
  giveUpAtMs = Number.POSITIVE_INFINITY,
}: PostOptions = {}): Patience {
  const nowMs = Date.now();
  return { sendWithinMs: sendUntilMs - nowMs, giveUpAfterMs: giveUpAtMs - nowMs };
}

const withoutCredentials = (error: unknown): PostResult => ({
  outcome: "failed",
  kind: "no-credentials",
  retryable: true,
  reason: `no credentials: ${errorMessage(error)}`,
});
