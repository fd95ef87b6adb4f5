// Package password turns passwords into hashes that may be stored, checks
// them, and refuses the ones that anybody would guess.
//
// # Hashing
//
// Argon2id with the parameters of the OWASP Password Storage Cheat Sheet:
// 19 MiB of memory, two passes, one lane (ASVS 11.4.2). A password is taken as
// the bytes that were sent: never trimmed, cut, folded or normalised
// (ASVS 6.2.8). More than [MaxBytes] are refused rather than cut. Hashing is
// bounded in memory and in queue, so a flood of sign-ins is answered with
// "come back in a second" and not with an exhausted machine. An unknown person
// costs what a known one costs (ASVS 6.3.8).
//
// # Strength
//
// Length is what counts (NIST SP 800-63B-4, section 3.1.1.2: 15 characters
// where the password is the only factor; ASVS 6.2.1). No rule asks for digits
// or capitals (ASVS 6.2.5), nothing expires (ASVS 6.2.10). Refused are common
// passwords (ASVS 6.2.4), words that come from the person's own data or the
// product's name (ASVS 6.2.11), and passwords that only look long.
package password

// MaxBytes is the length of the longest password. It is far above the 64
// characters that NIST and ASVS 6.2.9 ask for, and keeps a request from buying
// work by its size.
const MaxBytes = 1024
