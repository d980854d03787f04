/** @typedef {{ file: string, find: string, put: string }} Edit */

/**
 * Deliberate breaks of the libraries: what each takes away, where, and the drills that must notice. Applied to a copy of
 * the tree, never an option of the libraries. A `find` that no longer stands exactly once in its file is an error.
 *
 * @type {readonly { name: string, what: string, edits: readonly Edit[], drills: readonly string[] }[]}
 */
export const breaks = [
  {
    name: "renewal-off",
    what: "nothing is renewed before its end",
    edits: [
      {
        file: "packages/core/src/schedule.ts",
        find: "const delayMs = (remainingMs * 2 * (1 - 0.15 * random)) / 3;",
        put: "const delayMs = remainingMs + 60_000 * (1 + random);",
      },
    ],
    drills: ["lease-renewed", "token-max-ttl"],
  },
  {
    name: "drain-skipped",
    what: "a superseded generation is cut at once, whoever uses it",
    edits: [
      {
        file: "packages/mysql/src/drain.ts",
        find: "    if (this.remainingMs > 0) return;\n",
        put: "",
      },
    ],
    drills: ["lease-rotated", "account-dropped"],
  },
  {
    name: "refusal-not-retried",
    what: "a connect that MySQL refused with 1045 fails its caller, and nothing is rotated for it",
    edits: [
      {
        file: "packages/mysql/src/faults.ts",
        find: `  1045: "refused", // wrong user or password: the account was dropped`,
        put: `  1045: "invalid",`,
      },
    ],
    drills: ["password-changed", "vault-leader-frozen"],
  },
  {
    name: "issuing-unbounded",
    what: "as many new credentials as anybody asks for, at once",
    edits: [
      {
        file: "packages/vault/src/issue-limit.ts",
        find: "if (recent.length >= perWindow)",
        put: "if (recent.length >= perWindow * 1_000)",
      },
      {
        file: "packages/mysql/src/refusals.ts",
        find: "servingMs: 5_000, starvingMs: 1_000, capMs: 60_000",
        put: "servingMs: 0, starvingMs: 0, capMs: 0",
      },
      {
        file: "packages/mysql/src/keeper.ts",
        find: "capMs: refused ? 5_000 : 1_000",
        put: "capMs: refused ? 100 : 1_000",
      },
    ],
    drills: ["accounts-refused"],
  },
  {
    name: "revoke-before-drain",
    what: "credentials are given back while connections still use them",
    edits: [
      {
        file: "packages/mysql/src/keeper.ts",
        find: "      if (used.some((generation) => generation && sameAccount(generation.key.credentials, held))) continue;\n",
        put: "      void used;\n",
      },
    ],
    drills: ["lease-rotated", "token-revoked"],
  },
];
