package token

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestSecretFileCreated(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "secret")
	if _, err := LoadOrCreateSecretFile(path, false); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without create: %v", err)
	}

	const starters = 8
	var secrets [starters]string
	var wg sync.WaitGroup
	for i := range starters {
		wg.Go(func() {
			secret, err := LoadOrCreateSecretFile(path, true)
			if err != nil {
				t.Error(err)
			}
			secrets[i] = string(secret)
		})
	}
	wg.Wait()
	for _, secret := range secrets {
		if secret != secrets[0] {
			t.Fatal("processes that start together disagree on the secret")
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(secrets[0]) {
		t.Errorf("a secret of %d bytes that is not hexadecimal", len(secrets[0]))
	}
	if again, err := LoadOrCreateSecretFile(path, true); err != nil || string(again) != secrets[0] {
		t.Errorf("the next start reads another secret: %v", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 {
		t.Errorf("temporary files left behind: %v", left)
	}
	if _, err := LoadOrCreateSecretFile(filepath.Join(folder, "none", "secret"), true); err == nil {
		t.Error("a folder that does not exist")
	}
}

func TestSecretFileRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permission bits mean nothing there")
	}
	long := strings.Repeat("s", 40)
	tests := []struct {
		name, content string
		mode          fs.FileMode
		want, err     string
	}{
		{"plain", long, 0o600, long, ""},
		{"read-only", long, 0o400, long, ""},
		{"newline", long + "\n", 0o600, long, ""},
		{"windows newline", long + "\r\n", 0o600, long, ""},
		{"one newline only", long + "\n\n", 0o600, long + "\n", ""},
		{"carriage return alone is content", long + "\r", 0o600, long + "\r", ""},
		{"binary", "\x00\xff" + long, 0o600, "\x00\xff" + long, ""},
		{"least", long[:32], 0o600, long[:32], ""},
		{"short", long[:31] + "\n", 0o600, "", "has 31 bytes, and a secret needs at least 32"},
		{"empty", "", 0o600, "", "has 0 bytes"},
		{"huge", strings.Repeat("s", maxSecretFile+1), 0o600, "", "more than 4096 bytes"},
		{"group", long, 0o640, "", "run: chmod 600"},
		{"others", long, 0o604, "", "(mode 0604); run: chmod 600"},
		{"others may write", long, 0o602, "", "run: chmod 600"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			got, err := LoadOrCreateSecretFile(path, true)
			switch {
			case tt.err == "" && (err != nil || string(got) != tt.want):
				t.Errorf("got %d bytes, %v", len(got), err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("got %v, want %q", err, tt.err)
			case err != nil && (strings.Contains(err.Error(), "sss") || strings.Contains(err.Error(), "\n")):
				t.Errorf("not one harmless sentence: %v", err)
			}
			if after, _ := os.ReadFile(path); string(after) != tt.content {
				t.Error("the file was touched")
			}
		})
	}
	if _, err := LoadOrCreateSecretFile(t.TempDir(), true); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a folder: %v", err)
	}
}
