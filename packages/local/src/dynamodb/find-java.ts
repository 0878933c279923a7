import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorMessage, PubsubLocalError } from "../errors.ts";
import { cacheDir } from "./cache-dir.ts";
import { cachedJava, downloadJava } from "./download-java.ts";

const MINIMUM_JAVA_VERSION = 11;
/** It takes half a second, and much longer on a busy machine. A Java that hangs must not hang the start. */
const VERSION_TIMEOUT_MS = 60_000;

export interface JavaSearch {
  env?: NodeJS.ProcessEnv;
  download?: () => Promise<string>;
  onProgress?: ((message: string) => void) | undefined;
}

/** Looks for Java on the PATH, then in JAVA_HOME, then in the user's cache. Downloads one if it finds none. */
export async function findJava({
  env = process.env,
  download = downloadJava,
  onProgress,
}: JavaSearch = {}): Promise<string> {
  const cache = cacheDir(env);
  const places = [
    { where: "the PATH", java: "java" },
    { where: "JAVA_HOME", java: env.JAVA_HOME && join(env.JAVA_HOME, "bin", "java") },
    { where: cache, java: await cachedJava(cache) },
  ];
  const findings: string[] = [];
  for (const { where, java } of places) {
    const finding = java ? await javaVersion(java, env) : "no java";
    if (typeof finding === "number" && finding >= MINIMUM_JAVA_VERSION && java) return java;
    findings.push(`${where}: ${typeof finding === "number" ? `Java ${finding}` : finding}`);
  }
  onProgress?.(`No Java ${MINIMUM_JAVA_VERSION} or newer found, downloading one to ${cache}`);
  try {
    return await download();
  } catch (cause) {
    findings.push(`download: ${errorMessage(cause)}`);
    throw new PubsubLocalError(
      "JAVA_NOT_FOUND",
      `DynamoDB Local needs Java ${MINIMUM_JAVA_VERSION} or newer. Looked in ${findings.join("; ")}. ` +
        "Install one (Debian, Ubuntu: apt-get install default-jre-headless; macOS: brew install openjdk; " +
        "others: https://adoptium.net) so that `java -version` works, or give a DynamoDB Local that runs already (--dynamodb-endpoint, or the option dynamodbEndpoint).",
      { cause },
    );
  }
}

/** Returns the major version, or the reason why it is unknown. */
async function javaVersion(java: string, env: NodeJS.ProcessEnv): Promise<number | string> {
  try {
    const options = { env, timeout: VERSION_TIMEOUT_MS };
    const { stderr, stdout } = await promisify(execFile)(java, ["-version"], options);
    return parseJavaVersion(stderr + stdout) ?? "no version in the output of java -version";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "no java" : errorMessage(error).trim();
  }
}

/** Returns 17 for `openjdk version "17.0.15"`, and 8 for the older form `java version "1.8.0_402"`. */
export function parseJavaVersion(output: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
}
