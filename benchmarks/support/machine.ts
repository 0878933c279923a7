import { execFileSync } from "node:child_process";
import { cpus } from "node:os";

export interface Machine {
  cpu: string;
  cores: number;
  node: string;
}

export function thisMachine(): Machine {
  const cores = cpus();
  return { cpu: cores[0]?.model.trim() ?? "unknown", cores: cores.length, node: process.version };
}

/** Returns the commit that is measured, or null outside a git repository. */
export function currentCommit(): string | null {
  try {
    const git = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return git.trim();
  } catch {
    return null;
  }
}
