import type { Behaviour } from "../behaviour.ts";
import { mask } from "../mask.ts";
import { type Asked, type AskOptions, ask, type Told } from "./asking.ts";

/** A question as {@link ask} takes it; `~` stands for the mount. */
export type Question = string | readonly [what: string, body?: unknown, options?: AskOptions];

export interface Dialogue<Of extends Asked> {
  name: string;
  /** `POST sys/mounts/~`, or `sys/auth/~` with `auth: true`. */
  mount: { type: string; auth?: boolean; options?: Readonly<Record<string, string>> };
  /** Values of this run that stand in questions as `{{name}}`, and are masked again in the transcript. */
  values?: (vault: Of) => Readonly<Record<string, string>>;
  differs?: Readonly<Record<string, string>>;
}

let mounts = 0;

/** A behaviour that asks one question after the other, at a mount of its own. */
export function dialogue<Of extends Asked>(of: Dialogue<Of>, questions: readonly Question[]): Behaviour<Of> {
  return onMount<Of>(of, async (tell) => {
    for (const question of questions) await tell(question);
  });
}

/** Asks, notes question and answer in the transcript, and gives the answer back. */
export type Tell = (question: Question) => Promise<Told>;

/** A behaviour with a mount of its own; its transcript is what `run` told, and what it returned. */
export function onMount<Of extends Asked>(
  { name, mount: { type, auth = false, options }, values, differs }: Dialogue<Of>,
  run: (tell: Tell, vault: Of, mount: string) => Promise<unknown>,
): Behaviour<Of> {
  mounts += 1;
  const path = `m${mounts}`;
  const mounted = auth ? `auth/${path}` : path;
  return {
    name,
    ...(differs && { differs }),
    run: async (vault) => {
      const known = values?.(vault) ?? {};
      const transcript: unknown[] = [];
      const tell: Tell = async (question) => {
        const [asked, body, how] = typeof question === "string" ? [question] : question;
        const what = filled(asked, { "~": mounted });
        const sent = body === undefined ? undefined : JSON.parse(filled(JSON.stringify(body), braced(known)));
        const told = await ask(vault, what, sent, how);
        transcript.push([asked, body ?? null, told.status, shaped(told.body)]);
        return told;
      };
      const answer = await ask(vault, `POST sys/${auth ? "auth" : "mounts"}/${path}`, { type, options });
      if (answer.status !== 204) throw new Error(`mounting ${type}: ${JSON.stringify(answer)}`);
      const returned = await run(tell, vault, mounted);
      return mask(
        { transcript, returned },
        Object.fromEntries(Object.entries(known).map(([key, value]) => [value, key])),
      );
    },
  };
}

function filled(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((so, [name, value]) => so.replaceAll(name, value), text);
}

function braced(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`{{${name}}}`, value]));
}

/** Ids that are random by nature, as their shape. */
function shaped(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const { lease_id, auth, ...rest } = body as { lease_id?: string; auth?: Record<string, unknown> | null };
  return {
    ...rest,
    ...(lease_id !== undefined && { lease_id: lease_id.replace(/\/[A-Za-z0-9]{24}$/, "/<24>") }),
    ...(auth !== undefined && { auth: auth && shapedAuth(auth) }),
  };
}

/** A real Vault's service tokens are longer than an embedded one's, and name an entity; nobody may look into either. */
function shapedAuth({ client_token, accessor, entity_id: _, ...auth }: Record<string, unknown>): unknown {
  return {
    ...auth,
    client_token: /^hvs\.[\w-]{24,}$/.test(String(client_token)),
    accessor: /^[A-Za-z0-9]{24}$/.test(String(accessor)),
  };
}
