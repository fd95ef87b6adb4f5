package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"time"
)

// Limits are what the machine itself can do, on one core, per second. They
// bound what any server could reach and give figures their scale.
type Limits struct {
	// Fsync is the rate of writing one page of 4 KiB in place and syncing it,
	// in Dir; 0 when Dir is empty. A folder in memory makes it meaningless.
	Fsync float64 `json:"fsync_per_second,omitzero"`
	Dir   string  `json:"fsync_dir,omitzero"`
	// Ed25519 is the rate of signatures of 400 bytes, about an access token.
	Ed25519 float64 `json:"ed25519_signatures_per_second"`
	// HMAC is the rate of HMAC-SHA256 of 400 bytes, key set-up included.
	HMAC float64 `json:"hmac_sha256_per_second"`
	// SHA256 is the rate of SHA-256 of 32 bytes.
	SHA256 float64 `json:"sha256_per_second"`
	// Spread is how many times faster signatures were in the better one of two
	// measurements, before and after the runs; 0 when there was only one.
	Spread float64 `json:"ed25519_spread,omitzero"`
}

// quietSpread is up to where Spread is the machine's usual noise.
const quietSpread = 1.3

// merge is the better of two measurements, figure by figure.
func (l Limits) merge(o Limits) Limits {
	return Limits{
		Fsync:   max(l.Fsync, o.Fsync),
		Dir:     l.Dir,
		Ed25519: max(l.Ed25519, o.Ed25519),
		HMAC:    max(l.HMAC, o.HMAC),
		SHA256:  max(l.SHA256, o.SHA256),
		Spread:  max(l.Ed25519, o.Ed25519) / min(l.Ed25519, o.Ed25519),
	}
}

// measureLimits takes d for fsync and a quarter of it for each of the others.
func measureLimits(ctx context.Context, dir string, d time.Duration) (Limits, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return Limits{}, err
	}
	key, message := make([]byte, 32), make([]byte, 400)
	rand.Read(key)
	rand.Read(message)

	l := Limits{Dir: dir}
	l.Ed25519 = rate(ctx, d/4, 1, func() { ed25519.Sign(private, message) })
	l.HMAC = rate(ctx, d/4, 16, func() {
		mac := hmac.New(sha256.New, key)
		mac.Write(message)
		mac.Sum(nil)
	})
	l.SHA256 = rate(ctx, d/4, 256, func() { sha256.Sum256(message[:32]) })
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
