//go:build ignore

// Gen writes common.txt, the embedded list of common passwords, from a JSON
// array of strings. See common.md for where the array comes from.
//
//	go run gen.go passwords.json > common.txt
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"slices"
	"strings"
)

// shortest is the least length worth keeping: a shorter one is refused for its
// length, and says little as a part of a longer one.
const shortest = 6

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run gen.go passwords.json > common.txt")
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		log.Fatal(err)
	}
	for i, password := range list {
		list[i] = strings.ToLower(password)
	}
	list = slices.DeleteFunc(list, func(password string) bool {
		return len(password) < shortest || strings.ContainsFunc(password, func(r rune) bool { return r <= ' ' || r > '~' })
	})
	slices.Sort(list)
	out := bufio.NewWriter(os.Stdout)
	for _, password := range slices.Compact(list) {
		out.WriteString(password)
		out.WriteByte('\n')
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}
