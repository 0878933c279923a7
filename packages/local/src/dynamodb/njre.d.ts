declare module "njre" {
  /** Puts `jre/<distribution>` into the parent directory of `installPath`; resolves to the `jre` directory. */
  export function install(majorVersion: number, options: { installPath: string }): Promise<string>;
  const njre: { install: typeof install };
  export default njre;
}
