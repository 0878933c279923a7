/** The plain data of a synthesized app. */
export interface Synthesis {
  /** The result of `app()` in sst.config.ts. */
  app: App;
  resources: SynthesizedResource[];
  links: Record<string, SynthesizedLink>;
  /** The result of `run()`. */
  outputs: Record<string, unknown>;
  /** The components' requests to the CLI. */
  rpcCalls: RpcCall[];
}

export interface App {
  name: string;
  stage: string;
  version?: string;
  removal?: string;
  protect?: boolean;
  home: string;
  providers?: Record<string, unknown>;
}

export interface SynthesizedResource {
  type: string;
  name: string;
  inputs: Properties;
  /** The values that a provider would have generated: ARNs, URLs, ids. */
  outputs: Properties;
  retainOnDelete: boolean;
  protect: boolean;
}

export interface SynthesizedLink {
  properties: Properties;
  include: Properties[];
}

export interface RpcCall {
  method: string;
  params: Properties;
}

export type Properties = Record<string, unknown>;

/** Pulumi wraps each secret and output in an object with this key. The value is in the same object. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Returns values without Pulumi's wrappers. */
export function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value) return unmarked((value as Properties).value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unmarked(inner)]));
}
