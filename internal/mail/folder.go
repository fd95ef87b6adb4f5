package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// folder keeps every mail as a file, in place of sending it.
type folder struct {
	path string
	now  func() time.Time
}

func newFolder(path string, now func() time.Time) (folder, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return folder{}, fmt.Errorf("CURFEW_SMTP_URL names the folder %s, and there is none: create it, or correct the path", path)
	}
	return folder{path, now}, nil
}

// send writes one file, whose name sorts by time. It appears whole or not at
// all, and is for its owner only: there is a link in it.
func (f folder) send(_ context.Context, m *gomail.Msg) (err error) {
	name := f.now().UTC().Format("20060102T150405.000000Z") + "-" + rand.Text()[:8]
	part := filepath.Join(f.path, "."+name)
	file, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = m.WriteTo(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, filepath.Join(f.path, name+".eml"))
}
