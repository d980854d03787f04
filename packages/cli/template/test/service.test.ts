import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { type Service, startService } from "../src/service.ts";

let cluster: DevCluster;
let service: Service;

before(async () => {
  cluster = await startDevCluster({ services: ["my-service"] });
  service = await startService({ ...cluster.env("my-service"), BIND: "127.0.0.1:0" });
});
after(async () => {
  await service?.stop();
  await cluster?.close();
});

const post = (body: string) => fetch(`${service.address}/notes`, { method: "POST", body });

test("a note that was posted is in the list", async () => {
  const posted = await post('{"text": "Hello World"}');
  assert.equal(posted.status, 201);
  const note: unknown = await posted.json();
  const list = await fetch(`${service.address}/notes`);
  assert.deepEqual(await list.json(), [note]);
});

test("what is no note is refused, and not kept", async () => {
  for (const body of ["", "{", "[]", "null", '{"text": ""}', '{"text": 7}', `{"text": "${"x".repeat(1_001)}"}`]) {
    assert.equal((await post(body)).status, 400, body.slice(0, 20));
  }
  const list = (await (await fetch(`${service.address}/notes`)).json()) as unknown[];
  assert.equal(list.length, 1);
});

test("it says so at once when MySQL is away, and works again when it is back", async () => {
  await cluster.mysql.kill();
  assert.equal((await post('{"text": "without MySQL"}')).status, 503);
  await cluster.mysql.restart();
  let status = 0;
  for (const until = Date.now() + 10_000; status !== 201 && Date.now() < until; ) {
    status = (await post('{"text": "back again"}')).status;
  }
  assert.equal(status, 201);
});

test("it goes on when Vault is away", async () => {
  for (const node of cluster.vault.nodes) await node.kill();
  assert.equal((await post('{"text": "without Vault"}')).status, 201);
});
