import { readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { urlHost } from "../url-host.ts";

/**
 * Returns a configuration for the Jetty XML reader that comes with DynamoDB Local. DynamoDB Local's own main class
 * would listen on every interface of the machine, write a telemetry file into the current folder and outlive its parent
 * process. With this configuration it listens on one address and ends when its standard input closes. The operating
 * system closes that input when the parent process dies for any reason.
 */
export function launchXml({ host, port, onlyHost }: LaunchOptions): string {
  const names = onlyHost === undefined ? [urlHost(host), ...LOOPBACK_NAMES] : [onlyHost];
  return `<?xml version="1.0"?>
<!DOCTYPE Configure PUBLIC "-//Jetty//Configure//EN" "http://www.eclipse.org/jetty/configure_9_3.dtd">
<Configure id="server" class="org.eclipse.jetty.server.Server">
  <Call name="addConnector"><Arg>
    <New class="org.eclipse.jetty.server.ServerConnector">
      <Arg><Ref refid="server"/></Arg>
      <Set name="host">${host}</Set>
      <Set name="port">${port}</Set>
    </New>
  </Arg></Call>
  <New id="requests" class="${SERVER_PACKAGE}.LocalDynamoDBRequestHandler">
    <Arg type="int">0</Arg>
    <Arg type="boolean">true</Arg><!-- in memory -->
    <Arg/><!-- no database path -->
    <Arg type="boolean">true</Arg><!-- one set of tables, whatever the region and credentials -->
    <Arg type="boolean">false</Arg><!-- no delays in table states -->
  </New>
  <New id="handler" class="${SERVER_PACKAGE}.LocalDynamoDBServerHandler">
    <Arg><Ref refid="requests"/></Arg>
    <Arg type="String">http://${urlHost(host)}</Arg><!-- browsers of other origins get no CORS -->
  </New>
  <!-- other hosts get 404: a page that has its own name point here could do everything -->
  <New id="guarded" class="org.eclipse.jetty.server.handler.ContextHandler">
    <Set name="contextPath">/</Set>
    <Set name="virtualHosts"><Array type="String">
${names.map((name) => `      <Item>${name}</Item>`).join("\n")}
    </Array></Set>
    <Set name="handler"><Ref refid="handler"/></Set>
  </New>
  <Set name="handler"><Ref refid="guarded"/></Set>
  <Call name="start"/>
  <Get class="java.lang.System" name="in"><Call name="read"/></Get>
  <Call class="java.lang.Runtime" name="getRuntime"><Call name="halt"><Arg type="int">0</Arg></Call></Call>
</Configure>
`;
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

export interface LaunchOptions {
  host: string;
  port: number;
  onlyHost: string | undefined;
}

const SERVER_PACKAGE = "com.amazonaws.services.dynamodbv2.local.server";

export function javaArguments(emulatorDir: string, xmlPath: string): string[] {
  const libraryDir = join(emulatorDir, "DynamoDBLocal_lib");
  const xmlReader = readdirSync(libraryDir).filter((name) => /^jetty-xml-.*\.jar$/.test(name));
  return [
    // Most stacks live for seconds: without the optimizing compiler and a parallel collector, a start and its calls take a
    // third less CPU time, and even 10,000 posts end sooner on two cores
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData", // otherwise a file per JVM under the temporary directory
    `-Djava.library.path=${libraryDir}`,
    "-Dorg.eclipse.jetty.LEVEL=INFO", // the line that names the port
    "-cp",
    [join(emulatorDir, "DynamoDBLocal.jar"), ...xmlReader.map((name) => join(libraryDir, name))].join(
      delimiter,
    ),
    "org.eclipse.jetty.xml.XmlConfiguration",
    xmlPath,
  ];
}

/** Reads the port from Jetty's line `Started ServerConnector@…{HTTP/1.1, (http/1.1)}{127.0.0.1:38195}`. */
export function startedPort(line: string): number | undefined {
  const match = /Started ServerConnector@.*:(\d+)\}/.exec(line);
  return match ? Number(match[1]) : undefined;
}
