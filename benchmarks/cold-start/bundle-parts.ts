import type { Metafile } from "esbuild";

export interface BundlePart {
  name: string;
  kilobytes: number;
}

/** Returns the size of each package in a bundle, the largest first. This project's code is `own code`. */
export function bundleParts({ outputs }: Pick<Metafile, "outputs">): BundlePart[] {
  const bytes = new Map<string, number>();
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  for (const [path, { bytesInOutput }] of inputs) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? "own code";
    bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
  }
  return [...bytes]
    .map(([name, size]) => ({ name, kilobytes: Math.round(size / 102.4) / 10 }))
    .toSorted((a, b) => b.kilobytes - a.kilobytes);
}
