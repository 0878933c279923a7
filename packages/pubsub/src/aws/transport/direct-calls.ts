import { type CallEndpoint, endpointOf, type ReadyRequest } from "./call-endpoints.ts";
import { type CallSigner, createCallSigner } from "./call-signer.ts";
import type { Exchanged } from "./exchange.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { createHttpPool, type HttpPool } from "./http-pool.ts";
import type { CallerIdentity } from "./signing.ts";

/** A service whose operations are JSON over `POST /`, in which the SDK's inputs and outputs stand as they are. */
export interface JsonService {
  /** As it is signed. */
  name: string;
  targetPrefix: string;
  /** The operations that go directly. */
  operations: readonly string[];
  /** Of an input, what decides where the SDK sends it: calls of one address go to one place. */
  addressOf(input: object): string;
  /** Refusals with 400 that are answers: anything else that is not 200 is the SDK's to deal with. */
  refusalOf(type: string, answer: Record<string, unknown>): Error | undefined;
}

type Handler<Args, Result> = (args: Args) => Promise<Result>;

/** Two middlewares of an SDK client's. */
export interface DirectCalls {
  /** For the end of the `initialize` step: takes the calls that can go directly. */
  take<Args extends { input: object }, Result>(
    next: Handler<Args, Result>,
    context: { commandName?: string },
  ): Handler<Args, Result>;
  /** For the `finalizeRequest` step: sees where the client sends what it sends itself. */
  learn<Args extends { input: object; request: unknown }, Result>(
    next: Handler<Args, Result>,
  ): Handler<Args, Result>;
}

/** DynamoDB answers at most 1 MB of items a call; as JSON, escapes and names included, that can be a few times more. */
const ANSWER_BYTES_MAX = 8 * 1_048_576;
/** Ours: a call without an answer is handed to the client behind, and all of these may be made twice. */
const ANSWER_MS_MAX = 5_000;
const LIMITS = { maxAnswerMs: ANSWER_MS_MAX, maxAnswerBytes: ANSWER_BYTES_MAX };
/** The credentials are asked for as often, so that rotated ones are followed. */
const IDENTITY_MS = 1_000;

/**
 * Makes calls of an SDK client past most of the client: the input is sent as the JSON that it is, signed by hand, over
 * a bare connection. The client is asked first, once for each endpoint, and whenever anything but a plain success or
 * an expected refusal comes back: retries, clock skew, other credentials and all errors are its business, so that
 * this can stay small (docs/decisions/0008).
 */
export function createDirectCalls(
  { name, targetPrefix, operations, addressOf, refusalOf }: JsonService,
  identity: CallerIdentity,
): DirectCalls {
  const endpoints = new Map<string, CallEndpoint>();
  const pools = new Map<string, HttpPool>();
  let signerFor: ReturnType<typeof createCallSigner> | undefined;
  let signer: CallSigner | undefined;
  let signerMs = 0;

  async function currentSigner(): Promise<CallSigner> {
    const nowMs = Date.now();
    if (signer && Math.abs(nowMs - signerMs) < IDENTITY_MS) return signer;
    signerFor ??= createCallSigner(name, await identity.region());
    signer = signerFor(await identity.credentials());
    signerMs = nowMs;
    return signer;
  }

  /** Nothing when there was no answer that says what became of the call. */
  async function call(
    endpoint: CallEndpoint,
    operation: string,
    input: object,
  ): Promise<HttpAnswer | undefined> {
    const { headOf } = await currentSigner();
    const body = Buffer.from(JSON.stringify(input));
    const head = headOf({ endpoint, target: `${targetPrefix}.${operation}`, body, nowMs: Date.now() });
    const exchanged = await new Promise<Exchanged>((resolve) =>
      poolOf(endpoint).exchange(head, body, resolve),
    );
    return "problem" in exchanged ? undefined : exchanged;
  }

  function poolOf(endpoint: CallEndpoint): HttpPool {
    const key = `${endpoint.secure} ${endpoint.host}`;
    const pool = pools.get(key) ?? createHttpPool(endpoint, LIMITS);
    pools.set(key, pool);
    return pool;
  }

  return {
    take:
      (next, { commandName = "" }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, "");
        const endpoint = operations.includes(operation) ? endpoints.get(addressOf(args.input)) : undefined;
        const answer = endpoint && (await call(endpoint, operation, args.input).catch(() => undefined));
        const parsed = answer && parse(answer.body);
        if (!answer || !parsed) return next(args);
        if (answer.status === 200) return { response: answer, output: { ...parsed, $metadata: {} } } as never;
        const refusal = answer.status === 400 && refusalOf(errorType(parsed), parsed);
        if (refusal) throw refusal;
        return next(args);
      },
    learn: (next) => (args) => {
      const endpoint = endpointOf(args.request as ReadyRequest);
      if (endpoint) endpoints.set(addressOf(args.input), endpoint);
      return next(args);
    },
  };
}

const errorType = ({ __type: type }: Record<string, unknown>): string => String(type).split("#").at(-1) ?? "";

/** Nothing for what is no JSON object. As with the SDK, a member that is null is none. */
function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, "latin1").toString());
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
  } catch {
    return undefined;
  }
}
