import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { conversation } from "./conversation.ts";
import { type Node, nodes } from "./node-backends.ts";

/** Requests as no client writes them: status, body and the headers that say how to read it. */
function raw(name: string, requests: readonly (readonly [url: string, init: RequestInit])[]): Behaviour<Node> {
  return {
    name,
    run: async ({ address, token }) => {
      const transcript: unknown[] = [];
      for (const [url, init] of requests) {
        const headers = { "X-Vault-Token": token, ...(init.headers as Record<string, string>) };
        const answer = await fetch(address + url, { redirect: "manual", ...init, headers });
        const { status } = answer;
        const [type, cache] = [answer.headers.get("content-type"), answer.headers.get("cache-control")];
        const { request_id: _, ...body } = parsed(await answer.text());
        transcript.push([init.method ?? "GET", url, status, type, cache, body]);
      }
      return mask(transcript, { [token]: "root" });
    },
  };
}

function parsed(text: string): Record<string, unknown> {
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

const put = (body: string, headers: Record<string, string> = {}): RequestInit => ({ method: "PUT", body, headers });
const bearer = (value: string): RequestInit => ({ headers: { "X-Vault-Token": "", Authorization: value } });

contract({
  title: "Vault: errors",
  backends: nodes,
  behaviours: [
    raw("a body that is no JSON object is refused", [
      ["/v1/cubbyhole/a", put("{")],
      ["/v1/cubbyhole/a", put("[1]")],
      ["/v1/cubbyhole/a", put('"a"')],
      ["/v1/cubbyhole/a", put("null")],
      ["/v1/cubbyhole/a", put("")],
      ["/v1/cubbyhole/a", put('{"a":1}', { "Content-Type": "text/plain" })],
      ["/v1/cubbyhole/a", put('{"a":1}', { "Content-Type": "application/x-www-form-urlencoded" })],
      ["/v1/cubbyhole/a", {}],
      ["/v1/cubbyhole/a", put("a=b&c=d", { "Content-Type": "application/x-www-form-urlencoded" })],
      ["/v1/cubbyhole/a", {}],
      ["/v1/cubbyhole/a/", put('{"a":1}')],
      ["/v1/sys/unseal", put("{")],
    ]),
    raw("a token comes in one of two headers", [
      ["/v1/sys/capabilities-self", { method: "PUT", body: '{"path":"a"}' }],
      ["/v1/auth/token/lookup-self", bearer("Bearer nope")],
      ["/v1/auth/token/lookup-self", bearer("Basic nope")],
      ["/v1/auth/token/lookup-self", { headers: { "X-Vault-Token": "nope" } }],
      ["/v1/auth/token/lookup-self", { headers: { "X-Vault-Token": "" } }],
    ]),
    raw("a path that leads nowhere is not found", [
      ["/v1/nope", {}],
      ["/v1/nope/a", put("{}")],
      ["/v1/sys/nope", {}],
      ["/v1/auth/nope/login", put("{}")],
      ["/v1/auth/token/nope", {}],
      ["/v1/cubbyhole/nope", {}],
      ["/v1/cubbyhole", { method: "LIST" }],
      ["/v1/cubbyhole?list=true", {}],
      ["/v1/cubbyhole?list=maybe", {}],
      ["/v1/cubbyhole", {}],
      ["/v1/cubbyhole/nope", { method: "DELETE" }],
      ["/v1/sys/policies/acl/nope", {}],
      ["/v1/sys/mounts/nope/tune", {}],
      ["/v1/sys/mounts", { method: "DELETE" }],
      ["/v1/sys/policies/acl", put("{}")],
      ["/nope", {}],
      ["/v2/sys/mounts", {}],
    ]),
    raw("a wrapping TTL that is none is refused", [
      ["/v1/sys/mounts", { headers: { "X-Vault-Wrap-TTL": "abc" } }],
      ["/v1/sys/mounts", { headers: { "X-Vault-Wrap-TTL": "-5s" } }],
    ]),
    conversation("lists with either method", [
      ["PUT cubbyhole/~/a", { v: 1 }],
      ["PUT cubbyhole/~/b/c", { v: 1 }],
      "LIST cubbyhole/~",
      "GET cubbyhole/~?list=true",
      "GET cubbyhole/~/?list=1",
      "LIST cubbyhole/~/b",
      "DELETE cubbyhole/~/b/c",
      "LIST cubbyhole/~",
    ]),
  ],
});
