export interface PackageManifest {
  name: string;
  version: string;
  exports?: unknown;
  scripts?: unknown;
  devDependencies?: unknown;
  [field: string]: unknown;
}

/** Resolves to the sources, which only this repository has. */
export const SOURCE_CONDITION = "pubsub-source";

/** A package.json as users get it: without what only works, or only matters, in this repository. */
export function publishedManifest(manifest: PackageManifest): PackageManifest {
  const { scripts: _scripts, devDependencies: _devDependencies, exports, ...published } = manifest;
  return { ...published, exports: withoutSources(exports) };
}

function withoutSources(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([condition]) => condition !== SOURCE_CONDITION);
  return Object.fromEntries(kept.map(([key, target]) => [key, withoutSources(target)]));
}
