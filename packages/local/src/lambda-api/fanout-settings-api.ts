import { localCredentials } from "../credentials.ts";
import type { LocalFaults } from "../local-faults.ts";
import type { LocalSettings } from "../local-options.ts";
import { createWebGuard } from "../web-guard.ts";
import { type LambdaApi, startLambdaApi } from "./start-lambda-api.ts";

export interface FanoutSettingsApiOptions {
  settings: LocalSettings;
  queueArn: string;
  faults: Pick<LocalFaults, "post" | "workers">;
}

/** Serves the settings of the stack's fan-out function as Lambda's API does. */
export function startFanoutSettingsApi(options: FanoutSettingsApiOptions): Promise<LambdaApi> {
  const { settings, queueArn, faults } = options;
  const { host, region, fanout } = settings;
  const [, account = ""] = /:(\d{12}):/.exec(queueArn) ?? [];
  const functionName = "fanout";
  return startLambdaApi({
    host,
    region,
    credentials: localCredentials,
    guard: createWebGuard(settings),
    fanout: {
      ...fanout,
      functionName,
      functionArn: `arn:aws:lambda:${region}:${account}:function:${functionName}`,
      queueArn,
    },
    killAtPost(connectionId) {
      faults.post({
        times: 1,
        act: "reset",
        match(subject) {
          const [, pid] = /^fanout\/(\d+)$/.exec(subject.caller) ?? [];
          if (subject.connectionId !== connectionId || pid === undefined) return false;
          faults.workers.kill("fanout", { pid: Number(pid), signal: "SIGKILL" });
          return true;
        },
      });
    },
  });
}
