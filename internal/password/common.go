package password

import (
	_ "embed"
	"strings"
)

// common is the list described in common.md: lower case, sorted, one a line,
// every line ended. It is searched where it lies, so that it costs its own
// size in memory and no start-up time.
//
//go:embed common.txt
var common string

// The lengths of what is on the list, in bytes and characters alike.
const (
	shortestCommon = 6
	longestCommon  = 20
)

// isCommon reports whether word, in lower case, is on the list.
func isCommon(word string) bool {
	if len(word) < shortestCommon || len(word) > longestCommon {
		return false
	}
	low, high := 0, len(common) // both at the beginning of a line
	for low < high {
		middle := low + (high-low)/2
		start := low + strings.LastIndexByte(common[low:middle], '\n') + 1
		end := middle + strings.IndexByte(common[middle:], '\n')
		switch line := common[start:end]; {
		case line == word:
			return true
		case line < word:
			low = end + 1
		default:
			high = start
		}
	}
	return false
}
