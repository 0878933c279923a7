import { type CallResponse, readCallResponse } from "./call-response.ts";
import { type CredentialsCache, credentialsCacheOf } from "./credentials-cache.ts";
import { createDirectPath, type DirectPath, type OnDirectPathDisabled } from "./direct-path.ts";
import { type Endpoint, endpointOfRequest, type ReadyRequest } from "./endpoints.ts";
import type { Exchanged } from "./exchange.ts";
import { createHttpPool, type HttpPool } from "./http-pool.ts";
import { type CallerIdentity, fitsHeader } from "./identity.ts";
import { type SignedBody, signedBody } from "./request-signer.ts";
import { createSecondSigners, type SecondSigners } from "./second-signers.ts";

/** A service whose operations are JSON over `POST /`, in the same form as the SDK's inputs and outputs. */
export interface JsonService {
  /** As it is signed. */
  name: string;
  targetPrefix: string;
  /** The operations that go directly. */
  operations: readonly string[];
  /** The part of an input that decides where the SDK sends it: calls with one address go to one place. */
  addressOf(input: object): string;
  /** The errors with status 400 that are results. The SDK handles everything else that is not 200. */
  refusalOf(type: string, response: Record<string, unknown>): Error | undefined;
}

type Handler<Args, Result> = (args: Args) => Promise<Result>;

/** Two middlewares for an SDK client. */
export interface DirectCalls {
  /** For the end of the `initialize` step: makes the calls that can go directly. */
  take<Args extends { input: object }, Result>(
    next: Handler<Args, Result>,
    context: { commandName?: string },
  ): Handler<Args, Result>;
  /** For the `finalizeRequest` step: sees where the client sends its own requests. */
  learn<Args extends { input: object; request: unknown }, Result>(
    next: Handler<Args, Result>,
  ): Handler<Args, Result>;
}

/** DynamoDB returns at most 1 MB of items a call. As JSON, with escapes and names, that can be a few times more. */
const RESPONSE_BYTES_MAX = 8 * 1_048_576;
/**
 * Our own limit: a call without a response is passed on to the SDK's client. All of these calls can safely be made
 * twice.
 */
const RESPONSE_MS_MAX = 5_000;
const LIMITS = { maxAnswerMs: RESPONSE_MS_MAX, maxAnswerBytes: RESPONSE_BYTES_MAX };
const CONTENT_TYPE = "application/x-amz-json-1.0";

interface Route {
  pool: HttpPool;
  signers: SecondSigners;
  path: DirectPath;
}

/**
 * Makes calls of an SDK client without most of the client: it sends the input as JSON, signed by hand, over a bare
 * connection. The client makes the first call to each address whose endpoint `endpointOf` does not know, and every call whose
 * direct response is anything but a plain success or an expected error. So retries and all errors stay the client's, and
 * this stays small (docs/decisions/0008). Only a wrong clock is corrected here, because each call would go to the client
 * otherwise.
 */
export function createDirectCalls(
  { name, targetPrefix, operations, addressOf, refusalOf }: JsonService,
  identity: CallerIdentity,
  onDisabled: OnDirectPathDisabled,
  endpointOf: (address: string) => Endpoint | undefined = () => undefined,
): DirectCalls {
  const credentials: CredentialsCache = credentialsCacheOf(identity);
  const endpoints = new Map<string, Endpoint>();
  const routes = new Map<string, Route>();

  function findEndpoint(operation: string, input: object): Endpoint | undefined {
    if (!operations.includes(operation)) return undefined;
    const address = addressOf(input);
    const endpoint = endpoints.get(address) ?? endpointOf(address);
    if (endpoint) endpoints.set(address, endpoint);
    return endpoint;
  }

  function routeTo(endpoint: Endpoint): Route {
    const { secure, host, path } = endpoint;
    const key = `${secure} ${host}${path}`;
    const known = routes.get(key);
    if (known) return known;
    const signing = { service: name, host, pathStart: path, contentType: CONTENT_TYPE };
    const route = {
      pool: createHttpPool(endpoint, LIMITS),
      signers: createSecondSigners(signing, credentials),
      path: createDirectPath({ awsService: name, endpoint: `${host}${path}` }, onDisabled),
    };
    routes.set(key, route);
    return route;
  }

  async function send({ pool, signers }: Route, operation: string, body: SignedBody) {
    const signer = signers.current() ?? (await signers.renew());
    const target = `${targetPrefix}.${operation}`;
    const head = signer.toHead("", body, { target, unsigned: traceOfInvocation() });
    const exchanged = await new Promise<Exchanged>((resolve) => pool.exchange(head, body.bytes, resolve));
    return { signer, response: readCallResponse(exchanged) };
  }

  async function call(route: Route, operation: string, input: object): Promise<CallResponse> {
    const body = signedBody(Buffer.from(JSON.stringify(input)));
    const first = await send(route, operation, body);
    const isOfWrongClock =
      first.response.refusesCredentials && route.signers.correct(first.response, first.signer);
    const { signer, response } = isOfWrongClock ? await send(route, operation, body) : first;
    // A refusal that newer credentials can cure says nothing about the direct path
    const isCurable = response.refusesCredentials && !credentials.distrust(signer.identity);
    return isCurable ? { ...response, problem: undefined } : response;
  }

  return {
    take:
      (next, { commandName = "" }) =>
      async (args) => {
        const operation = commandName.replace(/Command$/, "");
        const endpoint = findEndpoint(operation, args.input);
        const route = endpoint && routeTo(endpoint);
        if (!route?.path.isEnabled()) return next(args);
        // Without credentials there is no response, and the client reports why
        const response = await call(route, operation, args.input).catch(() => undefined);
        if (response?.output && response.status === 200) {
          route.path.worked();
          return { response, output: { ...response.output, $metadata: {} } } as never;
        }
        const refusal =
          response?.output && response.status === 400 && refusalOf(response.errorType, response.output);
        if (refusal) {
          route.path.worked();
          throw refusal;
        }
        const result = await next(args);
        if (response?.problem !== undefined) route.path.wasWrong(response.problem);
        return result;
      },
    learn: (next) => (args) => {
      const endpoint = endpointOfRequest(args.request as ReadyRequest);
      if (endpoint) endpoints.set(addressOf(args.input), endpoint);
      return next(args);
    },
  };
}

/** The header of the invocation's trace, which the SDK sends too. */
function traceOfInvocation(): string {
  const { AWS_LAMBDA_FUNCTION_NAME: inLambda, _X_AMZN_TRACE_ID: trace = "" } = process.env;
  return inLambda && fitsHeader(trace) ? `x-amzn-trace-id: ${trace}\r\n` : "";
}
