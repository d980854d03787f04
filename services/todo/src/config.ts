import { type Bind, parseBind } from "./bind.ts";
import { TodoError } from "./errors.ts";

/** What this service itself reads; `Cluster.join()` reads the rest of the environment. */
export interface Config {
  credentials: string;
  database: string;
  service: string;
  bind: Bind;
}

interface Setting<T> {
  name: string;
  fallback: string;
  /** Undefined when the text is not valid. */
  parse: (text: string) => T | undefined;
  /** What to set. */
  want: string;
}

function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}

const settings: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  credentials: {
    name: "MYSQL_CREDENTIALS",
    fallback: "mysql/creds/todo",
    parse: matching(/^[\w-]+(\/(?!\.+(\/|$))[\w.-]+){2,}$/),
    want: "the path in Vault that gives MySQL credentials, such as mysql/creds/todo",
  },
  database: {
    name: "MYSQL_DATABASE",
    fallback: "todo",
    parse: matching(/^[\w$-]{1,64}$/),
    want: "a database's name of letters, digits, _, $ and -, at most 64",
  },
  service: {
    name: "MYSQL_SERVICE",
    fallback: "mysql",
    parse: matching(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/),
    want: "MySQL's name in Consul, a DNS label of letters, digits and -",
  },
  bind: {
    name: "BIND",
    fallback: "0.0.0.0:8080",
    parse: parseBind,
    want: "ADDRESS:PORT, such as 127.0.0.1:8080, :8080 or [::1]:8080, with a port from 0 to 65535",
  },
};

/**
 * The configuration, from the environment alone. An empty variable counts as one that is not set.
 *
 * @throws TodoError `INVALID_SETTING` that names every variable that is wrong, and what to set
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const wrong: string[] = [];
  function read<T>({ name, fallback, parse, want }: Setting<T>): T {
    const text = env[name] || fallback;
    const value = parse(text);
    if (value === undefined) wrong.push(`${name}: ${JSON.stringify(text.slice(0, 100))} is not valid; set ${want}`);
    return value as T;
  }
  const config: Config = {
    credentials: read(settings.credentials),
    database: read(settings.database),
    service: read(settings.service),
    bind: read(settings.bind),
  };
  if (wrong.length > 0) throw new TodoError({ code: "INVALID_SETTING", message: wrong.join("; ") });
  return config;
}
