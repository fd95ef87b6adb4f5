package password

import (
	"strings"
	"unicode/utf8"
)

// piece is a way to write down part of a password in fewer steps than it has
// characters.
type piece int

const (
	pieceNone    piece = iota // one character that follows from nothing
	pieceContext              // a word from the person's own data
	pieceCommon               // a common password
	pieceRun                  // neighbours on a keyboard or in an alphabet
	pieceRepeat               // what the password has said before
	pieces
)

// worth is what a piece is worth, in characters drawn at random. A common
// password is one of 42,692: 15.4 bits, which is three characters of 36. A
// word about the person or a run is one of few. A repeat adds nothing.
var worth = [pieces]int{pieceNone: 1, pieceContext: 1, pieceCommon: 3, pieceRun: 1, pieceRepeat: 0}

// detail is what is wrong with a password that is mostly such pieces.
func (p piece) detail() string {
	switch p {
	case pieceContext:
		return "must not be made of the person's name, the email address, the account's name or the product's"
	case pieceCommon:
		return "must be more than a common password with something added"
	case pieceRun:
		return "must not be a run of neighbouring keys, letters or digits"
	default:
		return "must not be a few characters over and over"
	}
}

// shortestPiece is the length from which a run or a repeat is no accident.
const shortestPiece = 3

// rows are keyboards, row by row and slanting down (qwerty, qwertz, azerty,
// йцукен). A run goes along one in either direction. Alphabets and digits need
// no rows: their code points are neighbours.
var rows = func() [][]rune {
	var all [][]rune
	for _, row := range []string{
		"`1234567890-=", "~!@#$%^&*()_+",
		"qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./",
		"qwertzuiopü", "asdfghjklöä", "yxcvbnm,.-",
		"azertyuiop", "qsdfghjklm", "wxcvbn",
		"йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
		"1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/",
		"12345678901234567890",
	} {
		all = append(all, []rune(row))
	}
	return all
}()

// weigh adds up what the password, in lower case, is worth: the least sum over
// all ways to cut it into pieces. If that is less than enough, it returns the
// kind of piece that most of the cheapest way consists of, else pieceNone.
//
// It is a small relative of zxcvbn (Wheeler, USENIX Security 2016): enough to
// see that a password only looks long, not to grade the good ones. The worst
// of 1,024 characters take a few milliseconds.
func weigh(password string, words []string, enough int) piece {
	chars := []rune(password)
	n := len(chars)
	repeats := longestRepeats(chars)

	type step struct {
		worth  int // of everything before this place
		piece  piece
		length int // of the piece that ends here
	}
	best := make([]step, n+1)
	for i := range best[1:] {
		best[i+1].worth = max(n+1, enough)
	}
	rest := password
	for i, char := range chars {
		here := rest
		rest = rest[utf8.RuneLen(char):]
		if best[i].worth >= enough {
			continue // nothing that follows makes it less
		}
		// In order of preference where two cost the same.
		reach := func(p piece, length int) {
			if total := best[i].worth + worth[p]; total < best[i+length].worth {
				best[i+length] = step{total, p, length}
			}
		}
		for _, word := range words {
			if strings.HasPrefix(here, word) {
				reach(pieceContext, utf8.RuneCountInString(word))
			}
		}
		for length := shortestCommon; length <= min(longestCommon, len(here)); length++ {
			if isCommon(here[:length]) {
				reach(pieceCommon, length)
			}
		}
		for length := longestRun(chars[i:]); length >= shortestPiece; length-- {
			reach(pieceRun, length)
		}
		for length := repeats[i]; length >= shortestPiece; length-- {
			reach(pieceRepeat, length)
		}
		reach(pieceNone, 1)
	}
	if best[n].worth >= enough {
		return pieceNone
	}

	var covered [pieces]int
	for at := n; at > 0; at -= best[at].length {
		covered[best[at].piece] += best[at].length
	}
	main := pieceContext
	for p := main; p < pieces; p++ {
		if covered[p] > covered[main] {
			main = p
		}
	}
	return main
}

// longestRun is the length of the longest run that chars begin with.
func longestRun(chars []rune) int {
	longest := 1
	for _, step := range []rune{1, -1} {
		n := 1
		for n < len(chars) && chars[n] == chars[n-1]+step {
			n++
		}
		longest = max(longest, n)
	}
	for _, row := range rows {
		for at, key := range row {
			if key != chars[0] {
				continue
			}
			for _, step := range []int{1, -1} {
				n := 1
				for n < len(chars) && at+n*step >= 0 && at+n*step < len(row) && row[at+n*step] == chars[n] {
					n++
				}
				longest = max(longest, n)
			}
		}
	}
	return longest
}

// longestRepeats tells for each place how many characters from there on also
// begin at an earlier place. The two may overlap: "abababab" is "ab" and a
// repeat of six.
func longestRepeats(chars []rune) []int {
	longest := make([]int, len(chars))
	// same[j] is how many characters from i and from j on are the same.
	same := make([]int, len(chars)+1)
	for i := len(chars) - 1; i > 0; i-- {
		for j := range i {
			if chars[i] == chars[j] {
				same[j] = same[j+1] + 1
				longest[i] = max(longest[i], same[j])
			} else {
				same[j] = 0
			}
		}
	}
	return longest
}
