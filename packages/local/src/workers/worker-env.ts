import { randomUUID } from "node:crypto";
import { devNull } from "node:os";

export interface WorkerEnvOptions {
  functionName: string;
  memoryMb: number;
  env: Readonly<Record<string, string>>;
}

/**
 * The variables of this machine that a process needs. It inherits no others, so no credentials and no AWS profile.
 * `NODE_COMPILE_CACHE` changes nothing but how fast it starts.
 */
const INHERITED = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "LANG", "NODE_COMPILE_CACHE"];

/** Returns the variables that Lambda sets, and then the function's own. */
export function workerEnv({ functionName, memoryMb, env }: WorkerEnvOptions): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    ...Object.fromEntries(inherited),
    TZ: ":UTC",
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${randomUUID().replaceAll("-", "")}`,
    AWS_REGION: "us-east-1",
    ...env,
  };
}
