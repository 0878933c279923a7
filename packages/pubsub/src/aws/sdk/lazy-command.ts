/** What this file needs of the SDK's command classes. */
type CommandClass = new (
  input: never,
) => { input: object; resolveMiddleware(...resolving: never): (command: never) => Promise<unknown> };

/** The SDK's command class, without its static members. */
export type LazyCommand<Command extends CommandClass> = new (
  ...input: ConstructorParameters<Command>
) => InstanceType<Command>;

type AnyCommand = new (
  input: object,
) => {
  input: object;
  resolveMiddleware(...resolving: readonly unknown[]): (command: object) => Promise<unknown>;
};

/**
 * Creates a command that stands for one of the SDK's. It can be sent by each of the SDK's clients, and the SDK's own class is
 * loaded when a client does that. Direct calls need only `input` and `commandName`, so a process whose calls are all
 * direct never loads the SDK.
 */
export function lazyCommand<Module, Name extends keyof Module & string>(
  commandName: Name,
  load: () => Promise<Module>,
): LazyCommand<Module[Name] & CommandClass> {
  const Command = class {
    readonly commandName: string = commandName;
    readonly input: object;

    constructor(input: object) {
      this.input = input;
    }

    resolveMiddleware(...resolving: readonly unknown[]): (command: object) => Promise<unknown> {
      const handler = async (): Promise<(command: object) => Promise<unknown>> => {
        const { [commandName]: Loaded } = await load();
        return new (Loaded as AnyCommand)(this.input).resolveMiddleware(...resolving);
      };
      let resolved: ReturnType<typeof handler> | undefined;
      // A client with `cacheMiddleware` keeps this function for later commands of the class
      return async (command) => {
        resolved ??= handler();
        return (await resolved)(command);
      };
    }
  };
  Object.defineProperty(Command, "name", { value: commandName });
  return Command as never;
}
