package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/curfew-auth/curfew/internal/config"
	"github.com/curfew-auth/curfew/internal/token"
)

// findings is what a look at the disk found, before anything is written.
type findings struct {
	database   bool   // there is one; an empty file is none
	secret     []byte // nil when it has to be made
	makeFolder bool
}

// look makes the checks of files and folders that need no writing.
func look(c config.Store) (f findings, err error) {
	inFolder := func(path string) bool { return path != "" && filepath.Dir(path) == filepath.Clean(c.DataDir) }
	if inFolder(c.DatabasePath) || c.SecretText == "" && c.MakeSecret {
		if f.makeFolder, err = folderAt(c.DataDir); err != nil {
			return f, err
		}
	}
	if c.DatabaseURL != "" {
		f.database = true // whether there is anything of ours in it shows when it is open
	} else if f.database, err = databaseAt(c.DatabasePath); err != nil {
		return f, err
	}
	if f.secret, err = findSecret(c); err != nil {
		return f, err
	}
	if !f.database && !inFolder(c.DatabasePath) {
		if folder := filepath.Dir(c.DatabasePath); !isFolder(folder) {
			return f, fmt.Errorf("CURFEW_DATABASE_URL names a file in %s, and there is no such folder: create it, or correct the path", folder)
		}
	}
	return f, nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// folderAt reports whether the data folder has to be made, and refuses one
// that cannot be.
func folderAt(path string) (missing bool, err error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return false, nil
	case err == nil:
		return false, fmt.Errorf("CURFEW_DATA_DIR is %s, which is not a folder: give the path of a folder", path)
	case !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("CURFEW_DATA_DIR is %s, which cannot be opened (%w): correct the path, or its permissions", path, cause(err))
	}
	if parent := filepath.Dir(filepath.Clean(path)); !isFolder(parent) {
		return false, fmt.Errorf("CURFEW_DATA_DIR is %s, and there is no folder %s to make it in: create that folder, or correct the path", path, parent)
	}
	return true, nil
}

// sqliteHeader begins every SQLite file.
var sqliteHeader = []byte("SQLite format 3\x00")

// databaseAt reports whether there is a database. An empty file, which a start
// that was cut short leaves behind, is none.
func databaseAt(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("the database %s cannot be opened (%w): correct the path, or the file's permissions", path, cause(err))
	}
	defer file.Close()
	header := make([]byte, len(sqliteHeader))
	n, err := io.ReadFull(file, header)
	if n == 0 && err == io.EOF {
		return false, nil
	}
	if !bytes.Equal(header, sqliteHeader) {
		return false, fmt.Errorf("%s is not a database of Curfew: correct CURFEW_DATABASE_URL, or move that file away", path)
	}
	return true, nil
}

// findSecret reads the secret; nil is one that may have to be made.
func findSecret(c config.Store) ([]byte, error) {
	if c.SecretText != "" {
		return []byte(c.SecretText), nil
	}
	secret, err := token.LoadOrCreateSecretFile(c.SecretFile, false)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.MakeSecret:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("CURFEW_SECRET_FILE names %s, and there is no such file: put the secret there, or correct the path", c.SecretFile)
	}
	return secret, err
}

// secretPlace says where the secret comes from.
func secretPlace(c config.Store) string {
	if c.SecretText != "" {
		return "CURFEW_SECRET"
	}
	return c.SecretFile
}

// create makes what is missing, readable by its owner only, and gives the
// secret. When a step fails, those before it are taken back.
func (f findings) create(c config.Store) (secret []byte, err error) {
	var made []string
	defer func() {
		for i := len(made) - 1; err != nil && i >= 0; i-- {
			os.Remove(made[i]) // the first error is the one to report
		}
	}()
	if f.makeFolder {
		if err := os.Mkdir(c.DataDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("CURFEW_DATA_DIR is %s, which cannot be made (%w): create it yourself, or correct the path", c.DataDir, cause(err))
		} else if err == nil {
			made = append(made, c.DataDir)
		}
	}
	if !f.database {
		// SQLite would make it with wider permissions, and its -wal and -shm
		// files take those of the database.
		file, err := os.OpenFile(c.DatabasePath, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		switch {
		case err == nil:
			made = append(made, c.DatabasePath)
			if err := file.Close(); err != nil {
				return nil, fmt.Errorf("the database %s cannot be made: %w", c.DatabasePath, cause(err))
			}
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("the database %s cannot be made (%w): make its folder writable, or correct the path", c.DatabasePath, cause(err))
		}
	}
	if f.secret != nil {
		return f.secret, nil
	}
	secret, err = token.LoadOrCreateSecretFile(c.SecretFile, true)
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("the secret %s cannot be made (%w): make its folder writable, or set CURFEW_SECRET", c.SecretFile, fs.ErrPermission)
	}
	return secret, err
}

// cause is what a system call failed with, without the path.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
