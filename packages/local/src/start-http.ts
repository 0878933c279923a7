import { localCredentials } from "./credentials.ts";
import { type FunctionUrl, startFunctionUrl } from "./function-url/index.ts";
import type { LocalSettings } from "./local-options.ts";
import { createWebGuard } from "./web-guard.ts";
import type { FunctionHost } from "./workers/index.ts";

/** Serves the HTTP function, if there is one. */
export async function startHttp(
  settings: LocalSettings,
  function_: FunctionHost | undefined,
): Promise<FunctionUrl | undefined> {
  if (function_ === undefined) return undefined;
  const { host, ports, region, http, onLog } = settings;
  return startFunctionUrl({
    host,
    port: ports.http,
    region,
    credentials: localCredentials,
    authType: http.authType,
    guard: createWebGuard(settings),
    invoke: (event) => function_.invoke(event),
    onFailure: (message) => onLog(message, { kind: "stack", name: "http", level: "warn" }),
  });
}
