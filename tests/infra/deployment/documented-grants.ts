import { readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY } from "../synth/sst-platform.ts";
import type { Grant } from "./deployment.ts";

/** Reads the table of permissions after a comment in a document. */
export function documentedGrants(document: string, comment: string = "permissions"): Grant[] {
  const text = readFileSync(path.join(REPOSITORY, document), "utf8");
  const table = text.split(`<!-- ${comment} -->`)[1]?.trimStart().split("\n\n")[0] ?? "";
  const [, , ...rows] = table.split("\n");
  return rows.map((row) => {
    const [, who = "", on = "", may = ""] = row.split("|").map((cell) => cell.trim());
    return {
      who,
      on: on.replaceAll("`", ""),
      actions: [...may.matchAll(/`([^`]+)`/g)].map(([, action]) => String(action)),
    };
  });
}
