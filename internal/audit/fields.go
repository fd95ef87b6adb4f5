package audit

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/curfew-auth/curfew/internal/curfew"
	"github.com/curfew-auth/curfew/internal/policy"
)

// class says what the audit log does with a field.
type class byte

const (
	// track: the field's value may be told in an event's details.
	track class = iota + 1
	// ignore: the field's value is told elsewhere or is of no use.
	ignore
	// secret: the field's value must never be written anywhere.
	secret
)

// classes classifies every field of every type whose values may come near an
// event's details. A test fails when a field is missing.
var classes = map[reflect.Type]map[string]class{
	reflect.TypeFor[curfew.Account](): {
		"ID":                 ignore,
		"Name":               track,
		"CreatedAt":          ignore,
		"NameVersion":        ignore,
		"IdleMinutes":        track,
		"AbsoluteMinutes":    track,
		"MaxSessionsPerUser": track,
		"SessionLimitAction": track,
		"PolicyVersion":      ignore,
		"ClampVersion":       ignore,
		"PolicyUpdatedAt":    ignore,
		"PolicyUpdatedBy":    ignore,
		"Bounds":             ignore,
		"BoundsVersion":      ignore,
		"Clamping":           ignore,
		"NoLocalSignIn":      ignore,
		"SessionEpoch":       ignore,
		"ExternalID":         track,
	},
	reflect.TypeFor[curfew.User](): {
		"AccountID":    ignore,
		"ID":           ignore,
		"Name":         track,
		"Email":        track,
		"Role":         track,
		"PasswordHash": secret,
		"CreatedAt":    ignore,
		"DisabledAt":   track,
		"LastLoginAt":  ignore,
		"Version":      ignore,
		"SessionEpoch": ignore,
		"ExternalID":   track,
	},
	reflect.TypeFor[curfew.Session](): {
		"AccountID":         ignore,
		"ID":                ignore,
		"UserID":            track,
		"SecretHash":        secret,
		"Generation":        ignore,
		"RotatedAt":         ignore,
		"RotationAttempt":   secret,
		"RotationNonce":     secret,
		"PolicyVersion":     ignore,
		"StartedAt":         ignore,
		"AuthTime":          ignore,
		"LastActiveAt":      ignore,
		"IdleMinutes":       track,
		"AbsoluteMinutes":   track,
		"IdleExpiresAt":     track,
		"AbsoluteExpiresAt": track,
		"AccountEpoch":      ignore,
		"UserEpoch":         ignore,
		"RevokedAt":         ignore,
		"RevokeReason":      track,
		"Device":            track,
		"IP":                ignore,
		"AMR":               track,
	},
	reflect.TypeFor[curfew.Device](): {
		"Browser": track,
		"OS":      track,
		"Kind":    track,
	},
	reflect.TypeFor[curfew.Invite](): {
		"AccountID":  ignore,
		"ID":         ignore,
		"Email":      track,
		"Role":       track,
		"SecretHash": secret,
		"CreatedAt":  ignore,
		"CreatedBy":  ignore,
		"ExpiresAt":  track,
		"AcceptedAt": ignore,
	},
	reflect.TypeFor[curfew.Reset](): {
		"AccountID":  ignore,
		"UserID":     track,
		"SecretHash": secret,
		"CreatedAt":  ignore,
		"CreatedBy":  track,
		"ExpiresAt":  track,
		"UsedAt":     ignore,
		"UserEpoch":  ignore,
	},
	reflect.TypeFor[curfew.PortalLink](): {
		"AccountID":    ignore,
		"ID":           ignore,
		"UserID":       track,
		"SecretHash":   secret,
		"CreatedAt":    ignore,
		"ExpiresAt":    track,
		"AccountEpoch": ignore,
		"UserEpoch":    ignore,
		"Page":         track,
		"ReturnURL":    track,
		"TiedTo":       track,
		"SessionID":    track,
	},
	reflect.TypeFor[curfew.Repeatable](): {
		"ID":        secret,
		"BodyHash":  secret,
		"AccountID": ignore,
		"SessionID": ignore,
		"MadeAt":    ignore,
	},
	reflect.TypeFor[curfew.ServiceKey](): {
		"ID":            ignore,
		"Name":          track,
		"Scopes":        track,
		"SecretHash":    secret,
		"PreviousHash":  secret,
		"PreviousUntil": track,
		"CreatedAt":     ignore,
		"RotatedAt":     ignore,
		"LastUsedAt":    ignore,
		"ExpiresAt":     track,
		"RevokedAt":     ignore,
	},
	reflect.TypeFor[curfew.ReceiptVerifier](): {
		"Name":         track,
		"State":        track,
		"Milliseconds": track,
		"LastHeardAt":  ignore,
		"AcceptsUntil": ignore,
	},
	reflect.TypeFor[policy.Policy](): {
		"IdleMinutes":     track,
		"AbsoluteMinutes": track,
	},
	reflect.TypeFor[policy.Effective](): {
		"IdleMinutes":     track,
		"AbsoluteMinutes": track,
	},
	reflect.TypeFor[policy.SessionLimit](): {
		"MaxSessionsPerUser": track,
		"SessionLimitAction": track,
	},
	reflect.TypeFor[policy.Settings](): {
		"Policy":       track,
		"SessionLimit": track,
	},
	reflect.TypeFor[policy.InForce](): {
		"Effective":    track,
		"SessionLimit": track,
	},
	reflect.TypeFor[policy.AccountBounds](): {
		"IdleMinutesMin":         track,
		"IdleMinutesMax":         track,
		"IdleMinutesDefault":     track,
		"AbsoluteMinutesMin":     track,
		"AbsoluteMinutesMax":     track,
		"AbsoluteMinutesDefault": track,
		"MaxSessionsPerUserMax":  track,
	},
}

// credential is text with the shape of a password hash, of one of our tokens
// and keys, or of a JWT.
var credential = regexp.MustCompile(`\$argon2[A-Za-z0-9$=,+/.-]*` +
	`|\bcf[a-z]_[A-Za-z0-9_-]{8,}` +
	`|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`)

// withoutCredentials blots out what has that shape. Most text has not even the
// beginning of it.
func withoutCredentials(s string) string {
	if !strings.Contains(s, "cf") && !strings.Contains(s, "eyJ") && !strings.Contains(s, "$argon2") {
		return s
	}
	return credential.ReplaceAllString(s, "[removed]")
}

// trackedField is a tracked field of a classified type.
type trackedField struct {
	index    int
	name     string // as it is told
	embedded bool
}

// trackedFields are those of each type, in its order; secretFields are the names,
// as they would be told, of all that are secret.
var trackedFields, secretFields = func() (map[reflect.Type][]trackedField, map[string]bool) {
	fields, secrets := map[reflect.Type][]trackedField{}, map[string]bool{}
	for t, classes := range classes {
		for i := range t.NumField() {
			field := t.Field(i)
			switch classes[field.Name] {
			case track:
				fields[t] = append(fields[t], trackedField{i, snake(field.Name), field.Anonymous})
			case secret:
				secrets[snake(field.Name)] = true
			}
		}
	}
	return fields, secrets
}()

// secretWords are the words that no detail may be named with, besides the
// names of fields that are classified as secret.
var secretWords = []string{"password", "secret", "token", "hash", "cookie"}

// secretWord is the part of a name that speaks of a secret, "" for none.
func secretWord(name string) string {
	if secretFields[name] {
		return name
	}
	for word := range strings.SplitSeq(strings.ToLower(name), "_") {
		if slices.Contains(secretWords, word) {
			return word
		}
	}
	return ""
}

// snake turns a Go name into the API's way of writing: IdleMinutes is
// idle_minutes, UserID is user_id.
func snake(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
