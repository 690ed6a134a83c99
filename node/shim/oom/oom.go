// Package sys stands in for a file of containerd's package of that name while the shim is built.
//
// The shim protects itself from the kernel's out-of-memory killer and gives up where it may not. A host without
// CAP_SYS_RESOURCE allows it to nobody; there the shim runs unprotected instead. Elsewhere nothing changes.
package sys

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// The range that the kernel takes.
const (
	OOMScoreAdjMin = -1000
	OOMScoreAdjMax = 1000
)

func scoreFile(pid int) string {
	return fmt.Sprintf("/proc/%d/oom_score_adj", pid)
}

// AdjustOOMScore sets the score of a process, brought into the range.
func AdjustOOMScore(pid, score int) error {
	return SetOOMScore(pid, min(max(score, OOMScoreAdjMin), OOMScoreAdjMax))
}

// SetOOMScore sets the score of a process. That it is not permitted is no error.
func SetOOMScore(pid, score int) error {
	if score < OOMScoreAdjMin || score > OOMScoreAdjMax {
		return fmt.Errorf("OOM score %d is not within %d and %d", score, OOMScoreAdjMin, OOMScoreAdjMax)
	}
	err := os.WriteFile(scoreFile(pid), []byte(strconv.Itoa(score)), 0)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		return nil
	}
	return err
}

// GetOOMScoreAdj reads the score of a process.
func GetOOMScoreAdj(pid int) (int, error) {
	content, err := os.ReadFile(scoreFile(pid))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(content)))
}
