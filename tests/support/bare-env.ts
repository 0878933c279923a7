/**
 * The environment of a process that gets nothing of this shell's settings. `NODE_COMPILE_CACHE`, which vitest.config.ts sets,
 * changes nothing but how fast it starts.
 */
export const bareEnv = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
});
