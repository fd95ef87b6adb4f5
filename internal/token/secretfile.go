package token

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxSecretFile is more than any sensible secret, so that a path which names
// the wrong file is an error and not a gigabyte of memory.
const maxSecretFile = 4096

// LoadOrCreateSecretFile reads a master secret. The bytes of the file are the
// secret as they are, without a trailing newline; neither hexadecimal nor
// base64 is decoded.
//
// When create is true and there is no such file, it makes one with 256 random
// bits that only its owner may read. Two processes that start together agree
// on one secret: the file appears whole or not at all and is never replaced.
// Without create a missing file is an error that wraps fs.ErrNotExist.
func LoadOrCreateSecretFile(path string, create bool) ([]byte, error) {
	secret, err := loadSecretFile(path)
	if !create || !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := createSecretFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("cannot create the secret file %s: %w", path, err)
	}
	return loadSecretFile(path)
}

func loadSecretFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the secret file: %w", err)
	}
	defer file.Close()

	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the secret file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the secret file %s is not a regular file; name one that holds the secret", path)
	}
	// Windows has no such bits: Go reports 0666 for every writable file there.
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return nil, fmt.Errorf("the secret file %s is open to other users (mode %04o); run: chmod 600 %[1]s", path, mode)
	}
	secret, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the secret file: %w", err)
	}
	if len(secret) > maxSecretFile {
		return nil, fmt.Errorf("the secret file %s has more than %d bytes; name one that holds only the secret", path, maxSecretFile)
	}
	if line, ok := bytes.CutSuffix(secret, []byte("\n")); ok {
		secret = bytes.TrimSuffix(line, []byte("\r"))
	}
	if len(secret) < MinSecretBytes {
		return nil, fmt.Errorf("the secret file %s has %d bytes, and a secret needs at least %d; put the right secret back, or, if this installation has no data yet, delete the file",
			path, len(secret), MinSecretBytes)
	}
	return secret, nil
}

// createSecretFile writes beside path and then links into place: unlike a
// rename, a link fails when the name is taken (fs.ErrExist).
func createSecretFile(path string) (err error) {
	folder := filepath.Dir(path)
	temp, err := os.CreateTemp(folder, ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())

	random := make([]byte, MinSecretBytes)
	rand.Read(random)
	_, err = temp.WriteString(hex.EncodeToString(random) + "\n")
	if err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes the new name itself survive a power cut.
func syncFolder(folder string) error {
	if runtime.GOOS == "windows" { // folders cannot be synced there
		return nil
	}
	dir, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
