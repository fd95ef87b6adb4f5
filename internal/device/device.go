// Package device tells in a few words what a user agent says of itself, for
// the list of sessions. It is a hint for people and decides nothing: whoever
// sends the header can write anything into it.
package device

import (
	"strconv"
	"strings"

	"github.com/mileusna/useragent"

	"github.com/curfew-auth/curfew/internal/curfew"
)

// The kinds of device.
const (
	Desktop = "desktop"
	Phone   = "phone"
	Tablet  = "tablet"
	Bot     = "bot"
	Other   = "other"
)

// No more than maxInput bytes of a user agent are looked at, and no text in a
// Device is longer than maxText.
const (
	maxInput = 512
	maxText  = 64
)

// Parse reads a User-Agent header. What it does not know is "" and Other.
func Parse(userAgent string) curfew.Device {
	userAgent = clean(userAgent)
	ua := useragent.Parse(userAgent)
	return curfew.Device{Browser: browser(ua), OS: text(ua.OS), Kind: kind(ua)}
}

// clean keeps printable ASCII, which is all that product names and versions
// consist of (RFC 9110, sections 5.6.2 and 10.1.5). Control characters, broken
// UTF-8 and what turns the direction of writing go with the rest.
func clean(s string) string {
	s = s[:min(len(s), maxInput)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}

// browser is the name and, where there is one, the major version. A name
// without version is only believed of bots: the parser takes any words for one.
func browser(ua useragent.UserAgent) string {
	name := text(ua.Name)
	if name == "" {
		return ""
	}
	major, _, _ := strings.Cut(ua.Version, ".")
	if n, err := strconv.ParseUint(major, 10, 16); err == nil {
		major = " " + strconv.FormatUint(n, 10)
		return name[:min(len(name), maxText-len(major))] + major
	}
	if ua.Bot && len(strings.Fields(name)) <= 3 {
		return name
	}
	return ""
}

func kind(ua useragent.UserAgent) string {
	switch {
	case ua.Bot:
		return Bot
	// Android says "Mobile" on telephones only; the parser calls all of them
	// mobile. https://developer.chrome.com/docs/multidevice/user-agent
	case ua.Tablet, ua.OS == useragent.Android && !strings.Contains(ua.String, "Mobile"):
		return Tablet
	case ua.Mobile:
		return Phone
	case ua.Desktop:
		return Desktop
	default:
		return Other
	}
}

// text is s if it could be the name of something, "" otherwise.
func text(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z'
		return !letter && !('0' <= r && r <= '9') && !strings.ContainsRune(" -_.", r)
	}) {
		return ""
	}
	return strings.TrimSpace(s[:min(len(s), maxText)])
}
