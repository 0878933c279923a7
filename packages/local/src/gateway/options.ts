import { defaultLimits, type GatewayLimits, resolveLimits } from "./limits.ts";
import type { GatewayOptions } from "./types.ts";
import {
  arrayValue,
  type Check,
  durationMs,
  functionValue,
  nonEmptyString,
  objectValue,
  positiveNumber,
  validateObject,
} from "./validate.ts";

export interface ResolvedOptions extends GatewayOptions {
  host: string;
  port: number;
  stage: string;
  limits: GatewayLimits;
  postLatencyMs: number;
  integrationTimeoutMs: number;
}

const optionChecks: Record<keyof GatewayOptions, Check> = {
  host: nonEmptyString,
  port: {
    expected: "an integer from 0 to 65535",
    test: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  },
  stage: {
    expected: "a stage name: $default, or letters, digits, - and _",
    test: (value) => typeof value === "string" && /^(\$default|[\w-]+)$/.test(value),
  },
  region: { ...nonEmptyString, required: true },
  credentials: { ...objectValue, required: true, secret: true },
  limits: objectValue,
  postLatencyMs: durationMs,
  integrationTimeoutMs: positiveNumber,
  faults: objectValue,
  invoke: { ...functionValue, required: true },
  onPost: functionValue,
  log: functionValue,
};

const credentialChecks: Record<"accessKeyId" | "secretAccessKey", Check> = {
  accessKeyId: { ...nonEmptyString, required: true },
  secretAccessKey: { ...nonEmptyString, required: true, secret: true },
};

/** Defaults filled in; an unknown key or a wrong value throws. Fault rules are checked when they are added. */
export function resolveOptions(options: GatewayOptions): ResolvedOptions {
  validateObject("options", options, optionChecks);
  // Only these two are taken and checked: AWS's SDK adds properties of its own to a credentials object.
  const { accessKeyId, secretAccessKey } = options.credentials;
  validateObject("credentials", { accessKeyId, secretAccessKey }, credentialChecks);
  if (options.faults !== undefined) {
    validateObject("faults", options.faults, {
      post: arrayValue,
      disconnect: arrayValue,
      connect: arrayValue,
    });
  }
  return {
    ...options,
    credentials: { accessKeyId, secretAccessKey },
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    stage: options.stage ?? "$default",
    limits: resolveLimits(defaultLimits, options.limits ?? {}),
    postLatencyMs: options.postLatencyMs ?? 0,
    integrationTimeoutMs: options.integrationTimeoutMs ?? 29_000,
  };
}
