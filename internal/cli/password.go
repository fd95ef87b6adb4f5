package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/curfew-auth/curfew/internal/password"
)

// passwordFlags say where a password comes from, never from the command line;
// without any of them a person at a terminal is asked.
type passwordFlags struct {
	PasswordStdin    bool `xor:"password" help:"Read the password from standard input."`
	GeneratePassword bool `xor:"password" help:"Draw a password at random and print it once."`
}

// password reads or draws the password.
func (f passwordFlags) password(env *Env, least int) (string, error) {
	switch {
	case f.GeneratePassword:
		return randomPassword(least), nil
	case !f.PasswordStdin:
		if isTerminal(env.Stdin) {
			return askTwice(env.Stdin.(*os.File), env.Stderr)
		}
		return "", usageError{errors.New("a password is needed: give --password-stdin to read it from standard input, or --generate-password to draw one")}
	}
	// One byte more than allowed, so that the rules see what is too long.
	text, err := io.ReadAll(io.LimitReader(env.Stdin, password.MaxBytes+3))
	if err != nil {
		return "", fmt.Errorf("cannot read the password from standard input: %w", err)
	}
	line := strings.TrimSuffix(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// askTwice asks a person at a terminal, showing nothing of what they type.
func askTwice(terminal *os.File, out io.Writer) (string, error) {
	var typed [2]string
	for i, question := range []string{"Password: ", "The same once more: "} {
		fmt.Fprint(out, question)
		line, err := term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(out)
		if err != nil {
			return "", fmt.Errorf("cannot read the password: %w", err)
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ: nothing was changed")
	}
	return typed[0], nil
}

// reveal prints a password that was drawn.
func (f passwordFlags) reveal(env *Env, password string) {
	if f.GeneratePassword {
		fmt.Fprintf(env.Stdout, "Password: %s\n", password)
	}
}

// alphabet has no letters or digits that look alike.
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"

// randomPassword draws five groups of four, 100 bits (ASVS 6.2.1 and 11.5.1),
// or more where longer passwords are asked for.
func randomPassword(least int) string {
	var b strings.Builder
	for n := 0; n < 20 || b.Len() < least; n++ {
		if n > 0 && n%4 == 0 {
			b.WriteByte('-')
		}
		var random [1]byte
		rand.Read(random[:])
		b.WriteByte(alphabet[random[0]%byte(len(alphabet))]) // 32 divides 256
	}
	return b.String()
}
