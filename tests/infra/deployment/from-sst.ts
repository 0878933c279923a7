import type { Synthesized } from "../suite.ts";
import { parse } from "../synth/template.ts";
import {
  configurationOf,
  type Deployment,
  type FunctionFacts,
  type FunctionName,
  grantLines,
} from "./deployment.ts";
import { alarmFacts, functionFacts, mappingFacts, type Named, queueFacts, tableFacts } from "./facts.ts";
import { grantsOf, publisherGrantsOf } from "./sst-grants.ts";
import { at, listAt, textAt, type Value } from "./value.ts";

const ID: Record<FunctionName, string> = { websocket: "Websocket", fanout: "Fanout", publish: "Publish" };

const functionNames = (stage: Synthesized): FunctionName[] =>
  (Object.keys(ID) as FunctionName[]).filter((name) =>
    stage.all("function").some((fn) => fn.name === `${ID[name]}Function`),
  );

/** Reads what `stacks/` deploys. Every other way of deploying must deploy the same. */
export function deploymentFromSst(stage: Synthesized): Deployment {
  const named = namesOf(stage);
  const table = inputsOf(stage, "table");
  return {
    table: tableFacts(table, listAt(table, "globalSecondaryIndexes")),
    ...queues(stage, named),
    functions: Object.fromEntries(functionNames(stage).map((name) => [name, functionOf(stage, name)])),
    mapping: mappingFacts(inputsOf(stage, "mapping"), named),
    routes: routesOf(stage, named),
    autoDeploy: stage.one("stage").inputs.autoDeploy === true,
    grants: grantLines([...grantsOf(stage), ...publisherGrantsOf(stage)]),
    alarms: Object.fromEntries(
      stage
        .all("alarm")
        .map(({ name, inputs }) => [
          name,
          alarmFacts(inputs as Value, Object.values(inputs.dimensions ?? {}), named),
        ]),
    ),
  };
}

function namesOf(stage: Synthesized): Named {
  const names = new Map<string, string>();
  for (const [id, name] of [
    ["FanoutQueueQueue", "fan-out queue"],
    ["DeadLetterQueueQueue", "dead-letter queue"],
  ] as const) {
    names.set(stage.arn("queue", id), name).set(stage.physicalName("queue", id), name);
    names.set(String(stage.one("queue", id).outputs.url), name);
  }
  names.set(stage.physicalName("table"), "table");
  const { managementEndpoint } = stage.synthesis.links.PubsubApi?.properties ?? {};
  names.set(String(managementEndpoint), "management endpoint");
  for (const name of functionNames(stage)) {
    const id = `${ID[name]}Function`;
    names.set(stage.arn("function", id), name).set(stage.physicalName("function", id), name);
  }
  return (reference) => names.get(reference) ?? reference;
}

const inputsOf = (stage: Synthesized, ...of: Parameters<Synthesized["one"]>): Value =>
  stage.one(...of).inputs as Value;

function queues(stage: Synthesized, named: Named): Pick<Deployment, "fanoutQueue" | "deadLetterQueue"> {
  const fanoutQueue = inputsOf(stage, "queue", "FanoutQueueQueue");
  const deadLetterQueue = inputsOf(stage, "queue", "DeadLetterQueueQueue");
  const redrive = parse(at(fanoutQueue, "redrivePolicy")) as Value;
  const redriveAllow = parse(at(inputsOf(stage, "redriveAllowPolicy"), "redriveAllowPolicy")) as Value;
  const policyOf = (name: string): Value =>
    parse(at(inputsOf(stage, "queuePolicy", name), "policy")) as Value;
  const policies = {
    fanoutPolicy: policyOf("FanoutQueuePolicy"),
    deadLetterPolicy: policyOf("DeadLetterQueuePolicy"),
  };
  return queueFacts({ fanoutQueue, deadLetterQueue, redrive, redriveAllow, ...policies }, named);
}

function functionOf(stage: Synthesized, name: FunctionName): FunctionFacts {
  const fn = inputsOf(stage, "function", `${ID[name]}Function`);
  const logGroup = inputsOf(stage, "logGroup", `${ID[name]}Logs`);
  const trust = stage.role(`${ID[name]}Role`).trust as Value;
  const recursion = stage.all("recursion").find(({ inputs }) => inputs.functionName === textAt(fn, "name"));
  return {
    ...functionFacts({ fn, logGroup, trust, recursion: recursion?.inputs as Value }),
    configuration: configurationOf(stage.variables(ID[name]), namesOf(stage)),
  };
}

function routesOf(stage: Synthesized, named: Named): Deployment["routes"] {
  const integrationOf = (target: unknown): Value =>
    stage.all("integration").find(({ outputs }) => target === `integrations/${outputs.id}`)?.inputs as Value;
  return Object.fromEntries(
    stage.all("route").map(({ inputs: { routeKey, target } }) => {
      const uri = textAt(integrationOf(target), "integrationUri");
      return [String(routeKey), named(/functions\/(.*)\/invocations$/.exec(uri)?.[1] ?? uri)];
    }),
  );
}
