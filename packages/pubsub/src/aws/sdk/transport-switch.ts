import { PubsubError } from "../../core/errors.ts";

/** `sdk`: every request to AWS is made by the SDK's clients. `direct`: by our own connections, where they can. */
export type Transport = "direct" | "sdk";

/** Reads the switch from the environment. Default: `direct`. Throws `INVALID_ARGUMENT` for an unknown value. */
export function readTransport(env: NodeJS.ProcessEnv = process.env): Transport {
  const { PUBSUB_TRANSPORT: transport = "" } = env;
  if (transport === "") return "direct";
  if (transport === "direct" || transport === "sdk") return transport;
  const message = `PUBSUB_TRANSPORT must be "direct" or "sdk"; got ${JSON.stringify(transport)} (string)`;
  throw new PubsubError("INVALID_ARGUMENT", message);
}
