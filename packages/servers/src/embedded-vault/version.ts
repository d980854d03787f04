/** The Vault that the embedded one says it is, and behaves as. */
export const vaultBuild: { readonly version: string; readonly date: string } = { version: "1.11.0", date: "" };
