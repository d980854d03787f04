import type { Consul } from "@minicluster/servers";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { type CheckTarget, checkTarget } from "./check-target.ts";
import { told, until } from "./transcript.ts";

interface Check {
  Status: string;
  Output: string;
}

async function checkOf(agent: Consul, id: string): Promise<Check> {
  const { body } = await ask(agent, "GET /v1/agent/checks");
  return (body as Record<string, Check>)[id] as Check;
}

const register = "PUT /v1/agent/check/register";

/** The check as it is once its output fits, and the catalog has its status. */
async function settled(agent: Consul, id: string, output: RegExp): Promise<Check> {
  const check = await until(
    () => checkOf(agent, id),
    ({ Output }) => output.test(Output),
  );
  await until(
    async () => (await ask(agent, "GET /v1/health/node/agent")).body as (Check & { CheckID: string })[],
    (checks) => checks.find(({ CheckID }) => CheckID === id)?.Status === check.Status,
  );
  return check;
}

/** Registers it, waits until it has said that, and takes it away. */
function says(
  name: string,
  definition: (to: CheckTarget) => object,
  output: RegExp,
  answer?: CheckTarget["answer"],
  tls = false,
): Behaviour<ConsulBackend> {
  return {
    name,
    run: async ({ agent }) => {
      const to = await checkTarget(tls);
      to.answer = answer;
      const ID = name.replaceAll(/\W+/g, "-");
      try {
        await ask(agent, register, { body: { ID, Name: ID, Interval: "1s", ...definition(to) } });
        return told(await settled(agent, ID, output), { [to.address]: "target" });
      } finally {
        await ask(agent, `PUT /v1/agent/check/deregister/${ID}`);
        await to.close();
      }
    },
  };
}

const http = (to: CheckTarget): object => ({ HTTP: to.url });
const ok = { status: 200, body: "fine" };

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  says("an HTTP check passes on 200", http, /HTTP/, ok),
  says("an HTTP check passes on 204", http, /HTTP/, { status: 204 }),
  says("an HTTP check warns on 429", http, /HTTP/, { status: 429, body: "busy" }),
  says("an HTTP check is critical on 404", http, /HTTP/, { status: 404, body: "gone" }),
  says("an HTTP check is critical on 503", http, /HTTP/, { status: 503, body: "<away>" }),
  says("an HTTP check follows a redirect", http, /HTTP/, { status: 302, location: "/elsewhere", body: "moved" }),
  says("an HTTP check is critical on a redirect to nowhere", http, /HTTP|Get/, { status: 302 }),
  says("an HTTP check keeps the end of a long body", http, /HTTP/, { status: 200, body: `${"x".repeat(5000)}end` }),
  says(
    "an HTTP check keeps as much of the body as it was told to",
    (to) => ({ ...http(to), OutputMaxSize: 10 }),
    /HTTP/,
    {
      status: 200,
      body: "0123456789abcdef",
    },
  ),
  says("an HTTP check is critical where nobody listens", () => ({ HTTP: "http://127.0.0.1:1/x" }), /refused/),
  says("an HTTP check is critical when nothing comes in time", (to) => ({ ...http(to), Timeout: "200ms" }), /exceeded/),
  says("an HTTP check of an address that is none is critical", () => ({ HTTP: "nowhere" }), /nowhere/),
  says("an HTTPS check does not trust a certificate that it made up itself", http, /x509/, ok, true),
  says(
    "an HTTPS check trusts any certificate when it is told to",
    (to) => ({ ...http(to), TLSSkipVerify: true }),
    /HTTP/,
    ok,
    true,
  ),
  says("a HEAD check is one", (to) => ({ ...http(to), Method: "HEAD" }), /HTTP HEAD/, { status: 200 }),
  says("a TCP check passes where somebody listens", (to) => ({ TCP: to.address }), /Success/),
  says("a TCP check is critical where nobody listens", () => ({ TCP: "127.0.0.1:1" }), /refused/),
  says("a TCP check knows no port beyond 65535", () => ({ TCP: "127.0.0.1:70000" }), /invalid port/),
  says("a TCP check needs a port that is a number", () => ({ TCP: "127.0.0.1:none" }), /tcp.none/),
  says("a TCP check needs a port", () => ({ TCP: "127.0.0.1" }), /missing port/),
  {
    name: "an HTTP check sends its method, headers and body",
    run: async ({ agent }) => {
      const to = await checkTarget();
      const more = { Method: "POST", Header: { "X-One": ["a", "b"], Accept: ["text/html"] }, Body: "ping" };
      try {
        await ask(agent, register, { body: { Name: "sending", HTTP: to.url, Interval: "1s", ...more } });
        await settled(agent, "sending", /HTTP POST/);
        const { method, url, headers, body } = to.seen[0] as CheckTarget["seen"][number];
        const { "x-one": one, accept, "user-agent": userAgent } = headers;
        return { method, url, body, one, accept, userAgent };
      } finally {
        await ask(agent, "PUT /v1/agent/check/deregister/sending");
        await to.close();
      }
    },
  },
  {
    name: "a check asks again and again, and the catalog follows its status",
    run: async ({ agent }) => {
      const to = await checkTarget();
      try {
        await ask(agent, register, { body: { Name: "again", HTTP: to.url, Interval: "1s" } });
        const first = await settled(agent, "again", /200 OK/);
        to.answer = { status: 500, body: "broken" };
        const second = await settled(agent, "again", /500/);
        to.answer = ok;
        const third = await settled(agent, "again", /200 OK/);
        return told([first, second, third], { [to.address]: "target" });
      } finally {
        await ask(agent, "PUT /v1/agent/check/deregister/again");
        await to.close();
      }
    },
  },
  {
    name: "a check counts failures and successes before it turns",
    run: async ({ agent }) => {
      const to = await checkTarget();
      const counts = { FailuresBeforeCritical: 2, SuccessBeforePassing: 2 };
      try {
        await ask(agent, register, { body: { Name: "counting", HTTP: to.url, Interval: "1s", ...counts } });
        await settled(agent, "counting", /200/);
        const turns: number[] = [];
        for (const [status, output] of [
          [500, /500/],
          [200, /200/],
        ] as const) {
          to.answer = { status };
          to.seen.length = 0;
          await settled(agent, "counting", output);
          turns.push(to.seen.length);
        }
        return turns;
      } finally {
        await ask(agent, "PUT /v1/agent/check/deregister/counting");
        await to.close();
      }
    },
  },
  {
    name: "a TTL check that hears nothing is critical, with what it heard last",
    run: async ({ agent }) => {
      await ask(agent, register, { body: { Name: "ttl", TTL: "500ms", Status: "passing" } });
      const silent = await settled(agent, "ttl", /TTL expired/);
      await ask(agent, "PUT /v1/agent/check/pass/ttl?note=here");
      const heard = await settled(agent, "ttl", /^here/);
      const gone = await settled(agent, "ttl", /TTL expired/);
      await ask(agent, "PUT /v1/agent/check/deregister/ttl");
      return [silent, heard, gone];
    },
  },
  {
    name: "a check that is registered again keeps its status, and is asked anew",
    run: async ({ agent }) => {
      const to = await checkTarget();
      try {
        await ask(agent, register, { body: { Name: "anew", HTTP: to.url, Interval: "1s" } });
        await settled(agent, "anew", /200/);
        await ask(agent, register, { body: { Name: "anew", TCP: "127.0.0.1:1", Interval: "1s", Notes: "n" } });
        const kept = await checkOf(agent, "anew");
        const asked = await settled(agent, "anew", /refused/);
        return told([kept, asked], { [to.address]: "target" });
      } finally {
        await ask(agent, "PUT /v1/agent/check/deregister/anew");
        await to.close();
      }
    },
  },
];

contract({ title: "Consul: checks", backends, behaviours });
