import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { functionEnv } from "../../packages/local/src/local-env.ts";
import { workerEnv } from "../../packages/local/src/workers/worker-env.ts";

export interface InitTimes {
  /** Time from the import until the handler exists. */
  initMs: number;
  /** CPU time of all threads during that time. */
  cpuMs: number;
}

export interface ColdStart extends InitTimes {
  /** Time from the start of the process to its end. */
  processMs: number;
}

const START_TIMEOUT_MS = 30_000;

/** A function calls no service during INIT, so these endpoints need not exist. */
const env = workerEnv({
  functionName: "cold-start",
  memoryMb: 1_024,
  env: functionEnv({
    region: "us-east-1",
    dynamodbEndpoint: "http://dynamodb.invalid",
    dynamodbTableName: "cold-start",
    sqsEndpoint: "http://sqs.invalid",
    fanoutQueueUrl: "http://sqs.invalid/000000000000/cold-start",
    websocketUrl: "ws://gateway.invalid",
    managementEndpoint: "http://gateway.invalid",
  }),
});

/** Loads a bundle once, in a new process. */
export async function startCold(probePath: string, bundlePath: string): Promise<ColdStart> {
  const beganMs = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [probePath, bundlePath], {
    env,
    timeout: START_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  return { ...(JSON.parse(stdout) as InitTimes), processMs: performance.now() - beganMs };
}
