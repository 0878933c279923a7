import { checkOptions } from "../options/check-options.ts";
import {
  anyObject,
  callable,
  list,
  type OptionGroup,
  type OptionRule,
  positiveNumber,
  text,
  wholeNumber,
} from "../options/option-rules.ts";
import { allowedHostsRule, allowedOriginsRule } from "../web-guard.ts";
import { defaultLimits, type GatewayLimits, limitRules, resolveLimits } from "./limits.ts";
import { latencyRule, type PostLatency } from "./post-latency.ts";
import { DEFAULT, isPredefined } from "./routes.ts";
import type { GatewayOptions } from "./types.ts";

export interface ResolvedOptions extends GatewayOptions {
  host: string;
  port: number;
  stage: string;
  limits: GatewayLimits;
  postLatencyMs: PostLatency;
  closeEveryResponses: number;
  httpIdleMs: number;
  integrationTimeoutMs: number;
  routes: readonly string[];
}

const rules: Record<keyof GatewayOptions, OptionRule | OptionGroup> = {
  host: text,
  port: wholeNumber(0, 65_535),
  stage: {
    expected: "a stage name: $default, or letters, digits, - and _",
    accepts: (value) => typeof value === "string" && /^(\$default|[\w-]+)$/.test(value),
  },
  region: { ...text, required: true },
  credentials: { ...anyObject, required: true, secret: true },
  limits: { group: limitRules },
  postLatencyMs: latencyRule(),
  closeEveryResponses: wholeNumber(0),
  httpIdleMs: wholeNumber(1, 600_000),
  integrationTimeoutMs: positiveNumber,
  routes: {
    expected: "a list of route keys: $default, and keys of your own that do not begin with $",
    accepts: (value) => Array.isArray(value) && value.every(isRouteKey),
  },
  faults: { group: { post: list, disconnect: list, connect: list } },
  invoke: { ...callable, required: true },
  onPost: callable,
  allowedHosts: allowedHostsRule,
  allowedOrigins: allowedOriginsRule,
  stackId: text,
  log: callable,
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html */
const isRouteKey = (value: unknown): boolean =>
  value === DEFAULT || (typeof value === "string" && value !== "" && !isPredefined(value));

const credentialRules: Record<"accessKeyId" | "secretAccessKey", OptionRule> = {
  accessKeyId: { ...text, required: true },
  secretAccessKey: { ...text, required: true, secret: true },
};

/** Checks the options and fills in the defaults. Fault rules are checked when they are added. */
export function resolveOptions(options: GatewayOptions): ResolvedOptions {
  checkOptions("startGateway", options, rules);
  // Only these two are copied and checked, because AWS's SDK adds properties of its own to a credentials object.
  const { accessKeyId, secretAccessKey } = options.credentials;
  const credentials = { accessKeyId, secretAccessKey };
  checkOptions("startGateway", { credentials }, { credentials: { group: credentialRules } });
  return {
    ...options,
    credentials,
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    stage: options.stage ?? "$default",
    limits: resolveLimits(defaultLimits, options.limits ?? {}),
    postLatencyMs: options.postLatencyMs ?? 0,
    closeEveryResponses: options.closeEveryResponses ?? 1_000,
    httpIdleMs: options.httpIdleMs ?? 60_000,
    integrationTimeoutMs: options.integrationTimeoutMs ?? 29_000,
    routes: options.routes ?? [DEFAULT],
  };
}
