// Command containerd-shim-runsc-v1 is gVisor's shim, built here so that one of its dependencies can be replaced (oom.go).
package main

import "gvisor.dev/gvisor/shim/v1/cli"

func main() {
	cli.Main()
}
