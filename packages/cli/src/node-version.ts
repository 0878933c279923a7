/** The same as of the local stack, which `verify` reads its prices from. */
const MINIMUM = [22, 18] as const;

/** Why the commands cannot run on this Node, or undefined. Imports nothing: it runs before anything else is loaded. */
export function nodeTooOld(version: string = process.versions.node): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return undefined;
  return (
    `pubsub needs Node ${MINIMUM.join(".")} or later; this is v${version}. ` +
    "`npm install -D node@24` brings one for this project, which npx and npm's scripts then use."
  );
}
