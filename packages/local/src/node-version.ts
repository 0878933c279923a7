/** From this version on, Node strips types without a flag and has `node:sqlite`, which the SQS server needs. */
const MINIMUM = [22, 18] as const;

/**
 * Returns the reason why the local stack can't run on this Node, or undefined. This file imports nothing, because it
 * runs before anything else is loaded.
 */
export function nodeTooOld(version: string = process.versions.node): string | undefined {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return undefined;
  return (
    `lambda-websocket-pubsub-local needs Node ${MINIMUM.join(".")} or later; this is v${version}. ` +
    "`npm install -D node@24` brings one for this project, which npx and npm's scripts then use."
  );
}
