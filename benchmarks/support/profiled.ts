import { mkdir, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the profiles. It is not under version control. */
export const PROFILES: string = fileURLToPath(new URL("../../reports/profiles/", import.meta.url));

/** Runs the work under the CPU profiler if a path is given. The profile excludes everything before the work. */
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
