// Command vault is HashiCorp Vault, server and command line, built from its Go module.
package main

import (
	"os"

	"github.com/hashicorp/vault/command"
)

func main() {
	os.Exit(command.Run(os.Args[1:]))
}
