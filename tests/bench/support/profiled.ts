import { mkdir, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** Not under version control. */
export const PROFILES: string = fileURLToPath(new URL("../../../reports/profiles/", import.meta.url));

/** Does it under the CPU profiler if the profile is wanted; what loads and warms up is left out of it. */
export async function profiled<Result>(
  path: string | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (path === undefined) return work();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  const result = await work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(profile));
  return result;
}
