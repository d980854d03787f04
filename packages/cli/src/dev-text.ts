import type { DevCluster, ServiceProcess } from "@minicluster/devcluster";

/** The seed's five calls, with addresses of this cluster: the first instance, and another where there is one. */
export function curlLines(instances: readonly ServiceProcess[]): string[] {
  const [first, second = first] = instances.filter(({ service }) => service === "todo").map(({ address }) => address);
  if (first === undefined) return [];
  return [
    `curl -X POST ${first}/todo -d '{"status": "new", "content": "Hello World"}'`,
    `curl ${first}/todo/1`,
    `curl -X PUT ${first}/todo/1 -d '{"status": "open", "content": "Hello Galaxy"}'`,
    `curl ${second}/todo/1`,
    `curl -i -X DELETE ${second}/todo/1`,
  ];
}

/** Where everything is; nothing of it is secret. */
export function places(cluster: DevCluster, instances: readonly ServiceProcess[]): [what: string, where: string][] {
  return [
    ["consul", cluster.consul.agent.address],
    ...cluster.vault.nodes.map(({ name, address }): [string, string] => [name, address]),
    ...(cluster.withMysql ? [["mysql", `${cluster.mysql.host}:${cluster.mysql.port}`] as [string, string]] : []),
    ...instances.map(({ name, address }): [string, string] => [name, address]),
  ];
}
