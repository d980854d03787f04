import { CatalogTable } from "./catalog-table.ts";
import { DnsLookup } from "./dns-lookup.ts";
import { bareAnswer, type DnsAnswer, writeMessage } from "./dns-message.ts";
import { domain, isOurs, reverseHex } from "./dns-name.ts";
import { type DnsQuery, isTransfer, readQuery } from "./dns-query.ts";
import { type DnsRecord, typeNumbers } from "./dns-record.ts";
import { trimmedForTcp, trimmedForUdp } from "./dns-trim.ts";
import { Topics } from "./topics.ts";

const noError = 0;
const serverFailure = 2;
const noSuchName = 3;
const notImplemented = 4;
const refused = 5;

export interface DnsResponderOptions {
  /** Of the servers. */
  catalog: (signal: AbortSignal) => Promise<CatalogTable>;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface DnsAsking {
  transport: "udp" | "tcp";
  /** Ends with the agent. */
  signal: AbortSignal;
}

/** Answers DNS messages as an agent without recursors does: what is below `consul`, and addresses backwards. */
export class DnsResponder {
  readonly #options: DnsResponderOptions;

  constructor(options: DnsResponderOptions) {
    this.#options = options;
  }

  /** The answer to a message; undefined where there is none to be given. */
  async respond(packet: Buffer, asking: DnsAsking): Promise<Buffer | undefined> {
    const query = readQuery(packet);
    if (query === undefined || Buffer.isBuffer(query)) return query;
    const answer = await this.#answer(query, asking.signal);
    return writeMessage(
      query,
      asking.transport === "udp" ? trimmedForUdp(query, answer) : trimmedForTcp(query, answer),
    );
  }

  async #answer(query: DnsQuery, signal: AbortSignal): Promise<DnsAnswer> {
    const name = query.name.toLowerCase();
    const isReverse = name === "arpa" || name.endsWith(".arpa");
    if (!isReverse && !isOurs(name)) return bareAnswer(refused, false);
    const catalog = await this.#options.catalog(signal).catch(() => undefined);
    // Without a server there is still what needs none.
    const lookup = new DnsLookup(catalog ?? new CatalogTable(new Topics()));
    if (isReverse) return reverse(query, lookup);
    if (isTransfer(query)) return bareAnswer(notImplemented, true);
    const isServer = query.type === typeNumbers.SOA || query.type === typeNumbers.NS;
    if (!catalog && !isServer && lookup.needsCatalog(query)) return bareAnswer(serverFailure, true);
    return this.#ours(query, lookup);
  }

  #ours(query: DnsQuery, lookup: DnsLookup): DnsAnswer {
    const answer = bareAnswer(noError, true);
    if (query.type === typeNumbers.SOA || query.type === typeNumbers.NS) {
      const { records, addresses } = lookup.nameServers();
      if (query.type === typeNumbers.NS) return { ...answer, answers: records, additionals: addresses };
      return { ...answer, answers: [this.#soa()], authorities: records, additionals: addresses };
    }
    const { exists, answers, additionals, tellsSoa } = lookup.find(query);
    return {
      ...answer,
      code: exists ? noError : noSuchName,
      answers,
      additionals,
      authorities: answers.length === 0 && tellsSoa ? [this.#soa()] : [],
    };
  }

  #soa(): DnsRecord {
    return { type: "SOA", name: domain, serial: Math.floor(this.#options.now() / 1_000) };
  }
}

/** Without a recursor nobody else can be asked, although the answer says so. */
function reverse(query: DnsQuery, lookup: DnsLookup): DnsAnswer {
  const hex = reverseHex(query.name.toLowerCase());
  const target = hex === undefined ? undefined : lookup.nameOf(hex);
  if (target === undefined) return { ...bareAnswer(serverFailure, false), recursive: true };
  return { ...bareAnswer(noError, true), answers: [{ type: "PTR", name: query.name, target }] };
}
