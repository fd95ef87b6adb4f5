package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/curfew-auth/curfew/internal/password"
)

// Limits are what the machine itself can do per second, on one core unless
// they say otherwise. They bound what any server could reach and give figures
// their scale.
type Limits struct {
	// Fsync is the rate of writing one page of 4 KiB in place and syncing it,
	// in Dir; 0 when Dir is empty. A folder in memory makes it meaningless.
	Fsync float64 `json:"fsync_per_second,omitzero"`
	Dir   string  `json:"fsync_dir,omitzero"`
	// Ed25519 is the rate of signatures of 400 bytes, about an access token,
	// and Ed25519Verify that of checking one.
	Ed25519       float64 `json:"ed25519_signatures_per_second"`
	Ed25519Verify float64 `json:"ed25519_verifications_per_second"`
	// HMAC is the rate of HMAC-SHA256 of 400 bytes, key set-up included.
	HMAC float64 `json:"hmac_sha256_per_second"`
	// SHA256 is the rate of SHA-256 of 32 bytes.
	SHA256 float64 `json:"sha256_per_second"`
	// Argon2id is the rate of password hashes on all cores at once.
	Argon2id float64 `json:"argon2id_all_cores_per_second"`
	// HTTP is the rate of a bare net/http handler of JSON in and out, asked by
	// the same client as the server, over 64 connections, on all cores.
	HTTP float64 `json:"bare_http_per_second"`
	// Spread is how many times faster signatures were in the better one of two
	// measurements, before and after the runs; 0 when there was only one.
	Spread float64 `json:"ed25519_spread,omitzero"`
}

// quietSpread is up to where Spread is the machine's usual noise.
const quietSpread = 1.3

// merge is the better of two measurements, figure by figure.
func (l Limits) merge(o Limits) Limits {
	return Limits{
		Fsync:         max(l.Fsync, o.Fsync),
		Dir:           l.Dir,
		Ed25519:       max(l.Ed25519, o.Ed25519),
		Ed25519Verify: max(l.Ed25519Verify, o.Ed25519Verify),
		HMAC:          max(l.HMAC, o.HMAC),
		SHA256:        max(l.SHA256, o.SHA256),
		Argon2id:      max(l.Argon2id, o.Argon2id),
		HTTP:          max(l.HTTP, o.HTTP),
		Spread:        max(l.Ed25519, o.Ed25519) / min(l.Ed25519, o.Ed25519),
	}
}

// measureLimits takes d for each of the larger figures and a quarter of it for
// each of the others.
func measureLimits(ctx context.Context, dir string, d time.Duration) (l Limits, err error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return Limits{}, err
	}
	key, message := make([]byte, 32), make([]byte, 400)
	rand.Read(key)
	rand.Read(message)
	signature := ed25519.Sign(private, message)

	l.Dir = dir
	l.Ed25519 = rate(ctx, d/4, 1, func() { ed25519.Sign(private, message) })
	l.Ed25519Verify = rate(ctx, d/4, 1, func() { ed25519.Verify(public, message, signature) })
	l.HMAC = rate(ctx, d/4, 16, func() {
		mac := hmac.New(sha256.New, key)
		mac.Write(message)
		mac.Sum(nil)
	})
	l.SHA256 = rate(ctx, d/4, 256, func() { sha256.Sum256(message[:32]) })
	if l.Argon2id, err = hashRate(ctx, d); err != nil {
		return Limits{}, fmt.Errorf("measure password hashes: %w", err)
	}
	if l.HTTP, err = httpRate(ctx, d); err != nil {
		return Limits{}, fmt.Errorf("measure net/http: %w", err)
	}
	if dir != "" {
		if l.Fsync, err = fsyncRate(ctx, dir, d); err != nil {
			return Limits{}, fmt.Errorf("measure fsync: %w", err)
		}
	}
	return l, ctx.Err()
}

// fsyncRate overwrites one page of a file in dir and syncs it, over and over.
func fsyncRate(ctx context.Context, dir string, d time.Duration) (float64, error) {
	f, err := os.CreateTemp(dir, "curfew-bench-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4096)
	var failed error
	perSecond := rate(ctx, d, 1, func() {
		page[0]++
		if _, err := f.WriteAt(page, 0); err != nil {
			failed = err
		} else if err := f.Sync(); err != nil {
			failed = err
		}
	})
	return perSecond, failed
}

// hashRate hashes passwords on all cores at once, as sign-ins do.
func hashRate(ctx context.Context, d time.Duration) (float64, error) {
	hasher, err := password.New(password.Config{})
	if err != nil {
		return 0, err
	}
	var done atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for time.Since(start) < d && hasher.VerifyNothing(ctx, "correct horse battery staple") == nil {
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), ctx.Err()
}

// rate is how often per second f runs, on one goroutine, over about d. The
// clock is looked at after every batch.
func rate(ctx context.Context, d time.Duration, batch int, f func()) float64 {
	start := time.Now()
	for n := 0; ; {
		for range batch {
			f()
		}
		n += batch
		if took := time.Since(start); took >= d || ctx.Err() != nil {
			return float64(n) / took.Seconds()
		}
	}
}
