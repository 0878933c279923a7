import { chmod, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { findPrograms } from "./support/find-program.ts";
import { temporaryFolder } from "./support/proxy.ts";

it("returns the executables of a name in the order of the PATH, and no file that cannot be executed", async () => {
  const folders = await Promise.all([temporaryFolder(), temporaryFolder(), temporaryFolder()]);
  const [first, second, third] = folders.map((folder) => join(folder, "peer-program"));
  for (const file of [first, second, third]) await writeFile(file ?? "", "#!/bin/sh\n");
  for (const file of [first, third]) await chmod(file ?? "", 0o755);
  expect(findPrograms("peer-program", { PATH: folders.join(delimiter) })).toEqual([first, third]);
  expect(findPrograms("peer-program", {})).toEqual([]);
});
