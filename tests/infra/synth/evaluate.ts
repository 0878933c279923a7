import { lookedUp, madeUp } from "./provider.ts";
import {
  type Properties,
  type Synthesis,
  type SynthesizedLink,
  type SynthesizedResource,
  unmarked,
} from "./synthesis.ts";

/**
 * Evaluates the program with a provider that only records, and returns the registered resources. It runs in a
 * separate process, inside the bundle that `synthesize` makes. It gets Pulumi as an argument, because Pulumi is
 * installed below `.sst/platform`, where this file cannot find it.
 */
export async function evaluate(
  pulumi: Pulumi,
  program: () => Promise<unknown>,
  { app, stage }: { app: string; stage: string },
): Promise<Omit<Synthesis, "app" | "rpcCalls">> {
  const resources = new Map<string, SynthesizedResource>();
  const { runtime } = pulumi;
  await runtime.setMocks(
    {
      newResource({ type, name, id: readId, inputs }) {
        const { id = readId || `${name}-id`, ...made } = madeUp(type, name, inputs);
        const outputs = { name, ...inputs, ...made };
        const plain = { inputs: unmarked(inputs) as Properties, outputs: { id, ...made } };
        resources.set(keyOf(type, name), { type, name, ...plain, retainOnDelete: false, protect: false });
        return { id: String(id), state: outputs };
      },
      call: ({ token, inputs }) => lookedUp(token, inputs),
    },
    app,
    stage,
    false,
  );
  const registrations = watch(runtime.getMonitor());
  const returned = await runtime.runInPulumiStack(program);
  await runtime.disconnect();
  for (const { key, protect, retainOnDelete } of registrations.options) {
    const resource = resources.get(key);
    if (resource) Object.assign(resource, { protect, retainOnDelete });
  }
  const outputs = await new Promise<Properties>((resolve) => {
    pulumi.output(returned).apply((value) => resolve(value as Properties));
  });
  return { resources: [...resources.values()].sort(byKey), links: registrations.links, outputs };
}

/** Reads the resources' options and the components' outputs from the requests, because the mocks do not get them. */
function watch(monitor: Monitor): {
  options: { key: string; protect: boolean; retainOnDelete: boolean }[];
  links: Record<string, SynthesizedLink>;
} {
  const options: { key: string; protect: boolean; retainOnDelete: boolean }[] = [];
  const links: Record<string, SynthesizedLink> = {};
  const { registerResource, registerResourceOutputs } = monitor;
  monitor.registerResource = (request, callback) => {
    const key = keyOf(request.getType(), request.getName());
    const retainOnDelete = Boolean(request.getRetainondelete());
    options.push({ key, protect: Boolean(request.getProtect()), retainOnDelete });
    return registerResource.call(monitor, request, callback);
  };
  monitor.registerResourceOutputs = (request, callback) => {
    if (request.getUrn().includes("sst:sst:LinkRef")) {
      const outputs = unmarked(request.getOutputs().toJavaScript());
      const { target, properties, include } = outputs as { target: string } & SynthesizedLink;
      links[target] = { properties, include: include ?? [] };
    }
    return registerResourceOutputs.call(monitor, request, callback);
  };
  return { options, links };
}

const keyOf = (type: string, name: string): string => `${type}|${name}`;
const byKey = (a: SynthesizedResource, b: SynthesizedResource): number =>
  keyOf(a.type, a.name) < keyOf(b.type, b.name) ? -1 : 1;

/** The part of `@pulumi/pulumi` that this file uses. */
interface Pulumi {
  runtime: {
    setMocks(mocks: Mocks, project: string, stack: string, preview: boolean): Promise<void>;
    getMonitor(): Monitor;
    runInPulumiStack(program: () => Promise<unknown>): Promise<unknown>;
    disconnect(): Promise<void>;
  };
  output(value: unknown): { apply(callback: (value: unknown) => void): unknown };
}

interface Mocks {
  newResource(args: { type: string; name: string; id?: string; inputs: Properties }): {
    id: string;
    state: Properties;
  };
  call(args: { token: string; inputs: Properties }): Properties;
}

interface Monitor {
  registerResource(request: RegisterRequest, callback: unknown): unknown;
  registerResourceOutputs(request: OutputsRequest, callback: unknown): unknown;
}

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
}

interface OutputsRequest {
  getUrn(): string;
  getOutputs(): { toJavaScript(): unknown };
}
