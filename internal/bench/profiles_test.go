package bench

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAdminAddrIn(t *testing.T) {
	const log = `starting
{"msg":"ready","addr":"127.0.0.1:1","admin_addr":"127.0.0.1:2"}
{"msg":"request"}
{"msg":"ready","admin_addr":"127.0.0.1:3"}
{"admin_addr":
`
	if got := adminAddrIn(strings.NewReader(log)); got != "127.0.0.1:3" {
		t.Errorf("found %q", got)
	}
	if got := adminAddrIn(strings.NewReader("")); got != "" {
		t.Errorf("found %q in nothing", got)
	}
}

func TestDownload(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/there" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte("bytes"))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := download(t.Context(), server.URL+"/there", file); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "bytes" {
		t.Errorf("kept %q, %v", got, err)
	}
	if err := download(t.Context(), server.URL+"/nothing", file); err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Errorf("got %v", err)
	}
}
